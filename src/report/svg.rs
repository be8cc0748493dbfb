//! A picture as SVG text. All text is escaped here and nowhere else.

use std::fmt::Write as _;

use crate::domain::is_unseen;

/// How everything looks, by day and by night. Teal raises and brown lowers, as on the page that a person
/// reads; both can be told apart by people who are colour-blind. Letters are large beside the pictures, so
/// that they can be read on a phone, where pictures shrink.
const STYLE: &str = "\
text{font:14px system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif;fill:#1c1f22}\
.title{font-size:18px;font-weight:600}.soft{fill:#565d63}.small{font-size:12.5px}\
.end{text-anchor:end}.middle{text-anchor:middle}\
.paper{fill:#fbfaf7}.panel{fill:#fff;stroke:#e6e3da}\
.grid{stroke:#e6e3da;stroke-width:1}.axis{stroke:#a9a69d;stroke-width:1}.zero{stroke:#565d63;stroke-width:1}\
.line{fill:none;stroke:#0b6b62;stroke-width:2;stroke-linejoin:round}.open{stroke-dasharray:4 3}\
.band{fill:#0b6b62;fill-opacity:.16}.whisker{stroke:#0b6b62;stroke-width:5;stroke-opacity:.28;stroke-linecap:round}\
.dot{fill:#0b6b62}.fold{fill:#9a4a1c;fill-opacity:.55}.bar{fill:#0b6b62}.second{fill:#c08a5a}.rows{fill:#c9c5b9}\
.ideal{stroke:#a9a69d;stroke-dasharray:4 4}.reach{stroke:#0b6b62;stroke-width:1.5}.hover{fill:transparent}\
.blank{fill:#f4f2ec}.stripe{fill:#d8d4c8}\
@media(prefers-color-scheme:dark){text{fill:#e8e5dd}.soft{fill:#a8afb5}.paper{fill:#15181b}\
.panel{fill:#1a1e22;stroke:#30363c}.grid{stroke:#2a3036}.axis{stroke:#666d74}.zero{stroke:#a8afb5}\
.line,.whisker,.reach{stroke:#4fb8ab}.band,.dot,.bar{fill:#4fb8ab}.whisker{stroke-opacity:.4}\
.fold{fill:#e08f62}.second{fill:#c08a5a}.rows{fill:#4b525a}.ideal{stroke:#666d74}\
.blank{fill:#1f2429}.stripe{fill:#39414a}}\
.dark{fill:#1c1f22}.light{fill:#fff}";

/// A picture that grows.
pub(super) struct Svg {
    width: f64,
    height: f64,
    title: String,
    body: String,
}

impl Svg {
    /// An empty picture of so many pixels; `title` is what a screen reader says.
    pub(super) fn new(width: f64, height: f64, title: &str) -> Self {
        Self { width, height, title: title.to_owned(), body: String::new() }
    }

    pub(super) fn line(&mut self, class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) {
        let [x1, y1, x2, y2] = [x1, y1, x2, y2].map(pixel);
        self.push(format_args!("<line class=\"{class}\" x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"/>"));
    }

    /// A rectangle by its upper left corner and its size.
    pub(super) fn rect(&mut self, class: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        self.attributed_rect(format_args!("class=\"{class}\""), (x, y), (width, height));
    }

    /// A rectangle in a colour of its own.
    pub(super) fn filled_rect(&mut self, fill: &str, (x, y): (f64, f64), (width, height): (f64, f64)) {
        self.attributed_rect(format_args!("fill=\"{fill}\""), (x, y), (width, height));
    }

    fn attributed_rect(
        &mut self,
        attribute: std::fmt::Arguments<'_>,
        (x, y): (f64, f64),
        (width, height): (f64, f64),
    ) {
        let [x, y, width, height] = [x, y, width.max(0.0), height.max(0.0)].map(pixel);
        self.push(format_args!(
            "<rect {attribute} x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"/>"
        ));
    }

    pub(super) fn circle(&mut self, class: &str, (x, y): (f64, f64), radius: f64) {
        let [x, y, radius] = [x, y, radius].map(pixel);
        self.push(format_args!("<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>"));
    }

    /// A line through points; closed when `closed`.
    pub(super) fn path(&mut self, class: &str, points: &[(f64, f64)], closed: bool) {
        let mut path = String::new();
        for (place, &(x, y)) in points.iter().enumerate() {
            let letter = if place == 0 { 'M' } else { 'L' };
            let _ = write!(path, "{letter}{} {}", pixel(x), pixel(y));
        }
        if closed {
            path.push('Z');
        }
        self.push(format_args!("<path class=\"{class}\" d=\"{path}\"/>"));
    }

    pub(super) fn text(&mut self, class: &str, (x, y): (f64, f64), text: &str) {
        let ([x, y], text) = ([x, y].map(pixel), escape(text));
        self.push(format_args!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{text}</text>"));
    }

    /// Text turned about its point, in degrees clockwise.
    pub(super) fn turned_text(&mut self, class: &str, (x, y): (f64, f64), degrees: f64, text: &str) {
        let ([x, y, degrees], text) = ([x, y, degrees].map(pixel), escape(text));
        self.push(format_args!(
            "<text class=\"{class}\" transform=\"translate({x} {y}) rotate({degrees})\">{text}</text>"
        ));
    }

    /// Text cut to so many pixels; what was cut is told when pointed at.
    pub(super) fn brief_text(&mut self, class: &str, at: (f64, f64), text: &str, pixels: f64) {
        self.telling(text, |svg| svg.text(class, at, &brief(class, text, pixels)));
    }

    /// What `draw` draws, which tells `words` when it is pointed at.
    pub(super) fn telling(&mut self, words: &str, draw: impl FnOnce(&mut Self)) {
        let words = escape(words);
        self.push(format_args!("<g><title>{words}</title>"));
        draw(self);
        self.push(format_args!("</g>"));
    }

    /// A pattern of stripes by the name `stripes`, for what is not known.
    pub(super) fn define_stripes(&mut self) {
        self.push(format_args!(
            "<defs><pattern id=\"stripes\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
             patternTransform=\"rotate(45)\"><rect class=\"blank\" width=\"6\" height=\"6\"/>\
             <rect class=\"stripe\" width=\"1.5\" height=\"6\"/></pattern></defs>"
        ));
    }

    /// The picture as text.
    pub(super) fn finish(self) -> String {
        let ([width, height], title) = ([self.width, self.height].map(pixel), escape(&self.title));
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">\n<style>{STYLE}</style>\n\
             <rect class=\"paper\" width=\"100%\" height=\"100%\"/>\n{}</svg>\n",
            self.body
        )
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        let _ = writeln!(self.body, "{element}");
    }
}

/// A length in pixels, to a tenth.
fn pixel(length: f64) -> f64 {
    // Adding 0 makes a negative zero a plain one.
    (length * 10.0).round() / 10.0 + 0.0
}

/// `text` cut to so many pixels as text of a class, with an ellipsis for what was cut.
pub(super) fn brief(class: &str, text: &str, pixels: f64) -> String {
    let all = text.chars().count();
    let fits = |length: &usize| width(class, &cut(text, *length)) <= pixels;
    cut(text, (1..=all).rev().find(fits).unwrap_or(1))
}

/// About how wide a text of a class is, in pixels: letters as wide as in fonts that run wide.
pub(super) fn width(class: &str, text: &str) -> f64 {
    let size = if class.contains("title") {
        19.0
    } else if class.contains("small") {
        12.5
    } else {
        14.0
    };
    let of = |letter: char| match letter {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '|' | '\'' | ' ' => 0.29,
        'f' | 'r' | 't' | '-' | '(' | ')' | '/' => 0.4,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 0.93,
        _ if letter.is_uppercase() => 0.68,
        // Scripts whose letters fill a square.
        '\u{2e80}'.. => 1.05,
        _ => 0.58,
    };
    size * text.chars().map(of).sum::<f64>()
}

/// `text` cut to `length` characters. The end stays, because names of like things often differ there.
fn cut(text: &str, length: usize) -> String {
    let all = text.chars().count();
    if all <= length {
        return text.to_owned();
    }
    let kept = length.saturating_sub(1);
    let head: String = text.chars().take(kept - kept * 2 / 5).collect();
    let tail: String = text.chars().skip(all - kept * 2 / 5).collect();
    format!("{}…{}", head.trim_end(), tail.trim_start())
}

/// `text` as it may stand in an element or an attribute; what XML cannot hold, or what is not seen, becomes
/// a space.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ if is_unseen(character) => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_data_is_text_and_nothing_else() {
        assert_eq!(escape("a<b>&\"c\"'d'\n\u{0}"), "a&lt;b&gt;&amp;&quot;c&quot;&#39;d&#39;  ");
        assert_eq!(escape("a\u{202e}b\u{1b}[1m\u{9b}"), "a b [1m ");
        let mut svg = Svg::new(10.0, 10.0, "<script>");
        svg.telling("\"</title>", |svg| svg.text("soft", (1.0, 2.0), "&amp;"));
        let text = svg.finish();
        assert!(text.contains("aria-label=\"&lt;script&gt;\""), "{text}");
        assert!(text.contains("<title>&quot;&lt;/title&gt;</title>"), "{text}");
        assert!(text.contains("<text class=\"soft\" x=\"1\" y=\"2\">&amp;amp;</text>"), "{text}");
    }

    #[test]
    fn long_names_are_cut_by_characters_and_keep_their_end() {
        assert_eq!(cut("days of shopping, one year", 16), "days of s…e year");
        assert_eq!((cut("élève", 5), cut("élèves", 5)), ("élève".to_owned(), "élè…s".to_owned()));
    }

    #[test]
    fn names_are_cut_to_the_room_that_they_have() {
        let name = "CONVENIENT BRKFST/WHLSM SNACKS";
        assert_eq!(brief("small", name, 400.0), name);
        for room in [30.0, 80.0, 150.0] {
            let shown = brief("small", name, room);
            assert!(shown.contains('…') && width("small", &shown) <= room, "{room}: {shown}");
        }
        assert!(width("small", "illicit") < width("small", "WWWWWWW") / 2.0);
        assert!(width("small", name) < width("", name) && width("", name) < width("title", name));
    }

    #[test]
    fn lengths_are_rounded_and_never_minus_zero() {
        assert_eq!(format!("{} {} {}", pixel(1.26), pixel(-0.01), pixel(f64::from(3))), "1.3 0 3");
    }
}
