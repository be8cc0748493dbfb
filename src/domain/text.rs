//! Texts that others wrote, such as names of advertisers and categories, where people and programs of
//! theirs meet them.
//!
//! A text is kept as it came: the log, the answers to programs and the match of an ad with history are exact.
//! It is made harmless where it is shown, each way of showing in one place: a person's words by [`shown`], a
//! terminal's and a log's lines by [`escaped`], a spreadsheet's cells by [`inert_cell`], and marks of HTML, SVG,
//! Markdown and JSON by what writes them.

use std::borrow::Cow;
use std::fmt::Write as _;

/// The most characters of a text of others that a person is shown.
const SHOWN_CHARS_MAX: usize = 200;

/// Whether a character is not seen and yet changes what is seen: it moves the cursor, ends the line, turns
/// the direction of writing (UAX #9), or takes no room. Joiners are none of these: letters need them.
#[must_use]
pub const fn is_unseen(character: char) -> bool {
    matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{180e}'
        | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}'
        | '\u{e0000}'..='\u{e007f}')
}

/// A text of others as a person may be shown it: on one line, without characters that are not seen, not
/// longer than a line or two, and apart from the direction of the words around it.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    let is_long = text.len() > SHOWN_CHARS_MAX && text.chars().count() > SHOWN_CHARS_MAX;
    let turns = text.chars().any(runs_right_to_left);
    if !is_long && !turns && !text.contains(is_unseen) {
        return Cow::Borrowed(text);
    }
    let seen = text.chars().map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c });
    let mut seen: String = seen.filter(|c| !is_unseen(*c)).take(SHOWN_CHARS_MAX).collect();
    if is_long {
        seen.pop();
        seen.push('…');
    }
    // First strong isolate and its end (UAX #9, 2.4): what is between turns nothing outside.
    Cow::Owned(if turns { format!("\u{2068}{seen}\u{2069}") } else { seen })
}

/// Hebrew, Arabic and their like: what follows would be drawn on their other side.
const fn runs_right_to_left(character: char) -> bool {
    matches!(character,
        '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
        | '\u{10800}'..='\u{10fff}' | '\u{1e800}'..='\u{1efff}')
}

/// A text as one line of a terminal or a log: characters that are not seen are written as `\u001b`. JSON that
/// is so escaped says the same as before. What sets a name apart, as [`shown`] does, stays.
#[must_use]
pub fn escaped(text: &str) -> Cow<'_, str> {
    let is_obeyed = |c: char| is_unseen(c) && !matches!(c, '\u{2068}' | '\u{2069}');
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut line = String::with_capacity(text.len() + 16);
    for character in text.chars() {
        if is_obeyed(character) {
            // Those beyond the first plane are two units, as in JSON.
            for unit in character.encode_utf16(&mut [0; 2]) {
                let _ = write!(line, "\\u{unit:04x}");
            }
        } else {
            line.push(character);
        }
    }
    Cow::Owned(line)
}

/// A text as a cell of CSV that no spreadsheet takes for a formula: an apostrophe stands before one that begins
/// like a formula. For texts only; a number may begin with a minus.
#[must_use]
pub fn inert_cell(text: &str) -> Cow<'_, str> {
    match text.trim_start_matches(' ').chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠') => {
            Cow::Owned(format!("'{text}"))
        }
        Some(_) | None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_name_is_shown_as_it_is() {
        for name in ["Maison Froide", "Müller & Söhne", "<b>", "日本茶", "👩\u{200d}🌾", ""] {
            assert!(matches!(shown(name), Cow::Borrowed(_)), "{name}");
        }
    }

    #[test]
    fn what_is_not_seen_is_not_shown() {
        assert_eq!(shown("a\u{202e}b\u{200b}c"), "abc");
        assert_eq!(shown("a\nb\u{1b}[31mc\u{9b}d\u{7f}"), "a b [31mc d ");
        assert_eq!(shown("tag\u{e0041}\u{feff}"), "tag");
    }

    #[test]
    fn a_long_name_is_cut_and_says_so() {
        let long = "é".repeat(5000);
        let cut = shown(&long);
        assert_eq!(cut.chars().count(), 200);
        assert!(cut.ends_with('…'));
        assert_eq!(shown(&"é".repeat(200)), "é".repeat(200));
    }

    #[test]
    fn a_name_that_runs_from_right_to_left_turns_nothing_else() {
        assert_eq!(shown("שלום"), "\u{2068}שלום\u{2069}");
        assert_eq!(shown("\u{202e}سلام\u{2069}"), "\u{2068}سلام\u{2069}");
    }

    #[test]
    fn a_terminal_sees_what_it_would_have_obeyed() {
        assert_eq!(escaped("\u{1b}[2J\n\u{202e}ok"), "\\u001b[2J\\u000a\\u202eok");
        assert!(matches!(escaped("Crème, 5\u{202f}%"), Cow::Borrowed(_)));
        let hostile = "a\u{202e}\u{9b}\u{e0041}\"b\\";
        let json = escaped(&serde_json::to_string(hostile).unwrap()).into_owned();
        assert_eq!(serde_json::from_str::<String>(&json).unwrap(), hostile);
    }

    #[test]
    fn a_cell_that_would_be_a_formula_is_text() {
        for formula in ["=cmd|'/c calc'!A1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"] {
            assert_eq!(inert_cell(formula), format!("'{formula}"));
        }
        for text in ["shoes", "a=b", "'=1", ""] {
            assert_eq!(inert_cell(text), text);
        }
    }

    proptest! {
        #[test]
        fn whatever_comes_is_shown_on_one_line_of_bounded_length(text in any::<String>()) {
            let shown = shown(&text);
            prop_assert!(shown.chars().count() <= SHOWN_CHARS_MAX + 2);
            let hides = |c: char| is_unseen(c) && c != '\u{2068}' && c != '\u{2069}';
            prop_assert!(!shown.contains(hides));
        }

        #[test]
        fn a_line_holds_nothing_that_a_terminal_obeys(text in any::<String>()) {
            let obeyed = |c: char| is_unseen(c) && c != '\u{2068}' && c != '\u{2069}';
            prop_assert!(!escaped(&text).contains(obeyed));
        }
    }
}
