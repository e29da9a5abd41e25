//! Text that comes from elsewhere, such that it can do no harm where it is shown.

/// Text in which whatever is not seen, or makes what is around it look like something else, is
/// spelled out: control characters, and those that turn the direction of writing or have no width.
pub fn shown(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match misleads(letter) {
            true => safe.extend(letter.escape_default()),
            false => safe.push(letter),
        }
    }
    safe
}

/// True of a character that steers a terminal, is not seen, or changes what others look like: the
/// categories Cc, Cf, Zl and Zp of Unicode, and the private ones that no font is sure to have.
pub fn misleads(letter: char) -> bool {
    letter.is_control()
        || matches!(letter,
            '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
            | '\u{890}'..='\u{891}' | '\u{8e2}' | '\u{180e}' | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}' | '\u{110bd}' | '\u{110cd}' | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e000}'..='\u{f8ff}'
            | '\u{e0000}'..='\u{e0fff}' | '\u{f0000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_or_hides_is_spelled_out_and_words_are_left_alone() {
        assert_eq!(shown("a\u{1b}[31m\u{202e}b\u{200b}\n"), "a\\u{1b}[31m\\u{202e}b\\u{200b}\\n");
        for words in ["Grüße, e\u{301}, 日本語, עברית", "→ ✂ ≈ “x” \\ \" '"] {
            assert_eq!(shown(words), words);
        }
    }
}
