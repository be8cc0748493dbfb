//! The widget: one custom element that a site puts beside an ad.

use std::collections::BTreeMap;

use crate::explain::Phrases;

/// The code, which has [`WORDS`] where the words go.
const CODE: &str = include_str!("widget.js");

/// What stands in the code for the words of all languages.
const WORDS: &str = "/* words */ {}";

/// The script, with the words of every language that people can be answered in.
#[must_use]
pub fn widget_script(phrases: &Phrases) -> String {
    let words: BTreeMap<&str, [String; 3]> = phrases
        .languages()
        .iter()
        .map(|locale| {
            let texts = ["widget-open", "widget-close", "widget-tab"].map(|id| phrases.text(id, *locale));
            (locale.tag(), texts)
        })
        .collect();
    // Strings in a map of strings can always be written.
    CODE.replacen(WORDS, &serde_json::to_string(&words).unwrap_or_else(|_| "{}".to_owned()), 1)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;
    use crate::domain::{Locale, Localised};

    fn script() -> String {
        widget_script(&Phrases::load(&Localised::default()).unwrap())
    }

    #[test]
    fn the_widget_is_small() {
        let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
        gzip.write_all(script().as_bytes()).unwrap();
        let bytes = gzip.finish().unwrap().len();
        assert!((500..3_000).contains(&bytes), "{bytes} bytes compressed");
    }

    #[test]
    fn the_widget_speaks_every_language() {
        let script = script();
        let phrases = Phrases::load(&Localised::default()).unwrap();
        assert!(!script.contains(WORDS));
        for locale in Locale::ALL {
            let open = phrases.text("widget-open", locale);
            assert!(
                open != "widget-open" && script.contains(&format!("\"{locale}\":[\"{open}\"")),
                "{locale}"
            );
        }
    }

    #[test]
    fn the_widget_makes_no_call_and_writes_no_markup() {
        let script = script();
        for shy in ["fetch(", "XMLHttpRequest", "innerHTML", "eval(", "cookie", "localStorage", "postMessage"]
        {
            assert!(!script.contains(shy), "{shy}");
        }
    }
}
