//! Names in which a `*` stands for anything.

/// Patterns longer than this fit nothing and are like nothing; comparing them would take long.
const LONGEST_COMPARED: usize = 200;

/// Whether this is a pattern, and not the name of one thing.
pub(crate) fn is_pattern(text: &str) -> bool {
    text.contains('*')
}

/// How many letters have to be added, left out or changed until a name fits a pattern; nothing if
/// it is too long to tell.
pub(crate) fn distance(pattern: &str, name: &str) -> Option<usize> {
    if pattern.len() > LONGEST_COMPARED {
        return None;
    }
    // By how much the pattern so far misses each beginning of the name.
    let mut missed: Vec<usize> = (0..=name.len()).collect();
    for letter in pattern.bytes() {
        let mut next = Vec::with_capacity(missed.len());
        next.push(missed[0] + usize::from(letter != b'*'));
        for (position, other) in name.bytes().enumerate() {
            let (left_out, added) = (missed[position + 1], next[position]);
            next.push(match letter {
                b'*' => left_out.min(added),
                _ => (missed[position] + usize::from(letter != other))
                    .min(left_out + 1)
                    .min(added + 1),
            });
        }
        missed = next;
    }
    missed.pop()
}

/// The names that come closest to a pattern that fits none of them, at most three.
pub(crate) fn closest(
    pattern: &str,
    names: impl Iterator<Item = &'static str>,
) -> Vec<&'static str> {
    let letters = pattern.len() - pattern.matches('*').count();
    let mut near: Vec<_> = names
        .filter_map(|name| Some((distance(pattern, name)?, name)))
        .filter(|(distance, _)| distance * 2 < letters)
        .collect();
    near.sort_unstable();
    near.into_iter().take(3).map(|(_, name)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, fits) in [
            ("*", true),
            ("raft-steady", true),
            ("raft-*", true),
            ("*steady", true),
            ("r*t-*dy", true),
            ("**raft-steady*", true),
            ("raft-", false),
            ("*-", false),
            ("steady*raft", false),
            ("raft-steady?", false),
        ] {
            assert_eq!(distance(pattern, "raft-steady") == Some(0), fits, "{pattern}");
        }
        assert_eq!(distance(&"*".repeat(1_000_000), "raft-steady"), None);
    }

    #[test]
    fn what_is_nearest_to_a_pattern_comes_first() {
        let names = ["raft-steady", "raft-disks", "replica-steady", "other"].into_iter();
        assert_eq!(closest("rafd-*", names.clone()), ["raft-disks", "raft-steady"]);
        assert_eq!(closest("*-steddy", names.clone()), ["raft-steady", "replica-steady"]);
        assert!(closest("*x*", names).is_empty(), "one letter is like no other");
    }
}
