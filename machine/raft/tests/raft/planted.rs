//! survey
use super::storm::weather;
use stormglass_raft::Bug;

#[test]
fn survey() {
    std::panic::set_hook(Box::new(|_| {}));
    for bug in Bug::ALL.iter().copied() {
        let mut found = None;
        for seed in 0..300 {
            let result =
                std::panic::catch_unwind(|| weather(seed, move |options| options.with_bug(bug)));
            match result {
                Err(error) => {
                    let text = error.downcast_ref::<String>().cloned().unwrap_or_else(|| {
                        error.downcast_ref::<&str>().unwrap_or(&"?").to_string()
                    });
                    found = Some((seed, format!("PANIC {text}")));
                }
                Ok(findings) if !findings.is_empty() => found = Some((seed, findings[0].clone())),
                _ => continue,
            }
            break;
        }
        let text = found.map(|(seed, text)| {
            format!("{seed} {}", text.replace('\n', " ").chars().take(110).collect::<String>())
        });
        println!("{} [{}] {}", bug.name(), bug.expected(), text.unwrap_or("-".into()));
    }
}
