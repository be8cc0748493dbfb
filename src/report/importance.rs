//! Which terms matter: a bar for each, the longest first.

use super::facts::ModelFacts;
use super::scale::{Scale, fixed};
use super::svg::{Svg, brief};

const WIDTH: f64 = 640.0;
const ROW: f64 = 24.0;
/// Most bars; the rest are in the JSON.
const BARS_MAX: usize = 32;

/// One term.
struct Bar {
    label: String,
    /// The label as it fits beside the bar.
    brief: String,
    importance: f64,
    is_pair: bool,
}

/// The mean absolute contribution of every feature and pair.
pub(super) fn importances(model: &ModelFacts) -> String {
    let of_shapes = model.shapes.iter().map(|shape| Bar {
        label: shape.label.clone(),
        brief: brief("", &shape.label, 286.0),
        importance: shape.importance,
        is_pair: false,
    });
    let of_pairs = model.pairs.iter().map(|pair| Bar {
        label: pair.label(),
        brief: pair.brief_label("", 286.0),
        importance: pair.importance,
        is_pair: true,
    });
    let mut bars: Vec<Bar> = of_shapes.chain(of_pairs).collect();
    bars.sort_by(|a, b| b.importance.total_cmp(&a.importance));
    let all = bars.len();
    bars.truncate(BARS_MAX);

    let top = if all > bars.len() { 90.0 } else { 72.0 };
    let bottom = top + 14.0 + bars.len() as f64 * ROW;
    let title = "How far each term moves the score";
    let mut svg = Svg::new(WIDTH, bottom + 52.0, title);
    svg.text("title", (20.0, 32.0), title);
    svg.text("small soft end", (620.0, 32.0), &format!("{} profile", model.profile));
    svg.text(
        "soft",
        (20.0, 54.0),
        "Mean absolute contribution, in log-odds, over the rows that it was learned from.",
    );
    if all > bars.len() {
        svg.text("soft", (20.0, 73.0), &format!("The {} largest of {all} terms.", bars.len()));
    }
    let largest = bars.first().map_or(0.0, |bar| bar.importance);
    let scale = Scale::new((0.0, largest), (316.0, 570.0));
    for tick in scale.ticks(5.0) {
        let x = scale.at(tick.value);
        svg.line("grid", (x, top), (x, bottom));
        svg.text("small soft middle", (x, bottom + 18.0), &tick.label);
    }
    for (row, bar) in (0..).map(f64::from).zip(&bars) {
        let y = top + 5.0 + row * ROW;
        svg.telling(&bar.label, |svg| svg.text("end", (306.0, y + 14.0), &bar.brief));
        let class = if bar.is_pair { "second" } else { "bar" };
        svg.rect(class, (scale.start, y + 2.0), (scale.at(bar.importance) - scale.start, ROW - 8.0));
        svg.text("small soft", (scale.at(bar.importance) + 6.0, y + 14.0), &fixed(bar.importance, 3));
    }
    if bars.iter().any(|bar| bar.is_pair) {
        for (class, words, x) in [("bar", "one feature", 20.0), ("second", "two features together", 130.0)] {
            svg.rect(class, (x, bottom + 26.0), (12.0, 12.0));
            svg.text("small soft", (x + 18.0, bottom + 37.0), words);
        }
    }
    svg.finish()
}
