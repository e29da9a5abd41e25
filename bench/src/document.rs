//! Puts what was measured into a document whose words are written by people.

use std::path::Path;

const BEGIN: &str = "<!-- written by stormglass-bench: begin -->\n";
const END: &str = "<!-- written by stormglass-bench: end -->\n";

/// Replaces what is between the two marks of a file; everything else stays as it is.
pub fn write(path: &Path, measured: &str) -> Result<(), String> {
    let named = |problem: &dyn std::fmt::Display| format!("{}: {problem}", path.display());
    let text = std::fs::read_to_string(path).map_err(|error| named(&error))?;
    let text = replaced(&text, measured).ok_or_else(|| {
        named(&format!("has not the two lines between which the figures go:\n{BEGIN}{END}"))
    })?;
    std::fs::write(path, text).map_err(|error| named(&error))
}

fn replaced(text: &str, measured: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{measured}\n{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_between_the_marks_is_replaced() {
        let text = format!("# Words\n\n{BEGIN}old\n{END}\nMore words\n");
        let new = replaced(&text, "new\n").expect("there are marks");
        assert_eq!(new, format!("# Words\n\n{BEGIN}\nnew\n\n{END}\nMore words\n"));
        assert_eq!(replaced(&new, "new\n"), Some(new));
        assert_eq!(replaced("# Words\n", "new\n"), None);
    }

    #[test]
    fn every_row_is_in_the_document() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/performance.md");
        let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let (_, rest) = text.split_once(BEGIN).expect("the figures begin");
        let (measured, _) = rest.split_once(END).expect("the figures end");
        for name in crate::report::names() {
            assert!(
                measured.contains(&name),
                "docs/performance.md lacks {name}; write it anew by\n    \
                 cargo run --release -p stormglass-bench -- --write docs/performance.md"
            );
        }
    }
}
