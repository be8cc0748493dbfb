//! What two features add together: a cell for each pair of bins, coloured by its score.

use super::facts::{PairFacts, ValueFacts};
use super::scale::{Scale, count, fixed, signed, significant};
use super::svg::{Svg, brief, width};

const WIDTH: f64 = 640.0;
const LEFT: f64 = 178.0;
const TOP: f64 = 78.0;
/// The room of the cells.
const ROOM: (f64, f64) = (356.0, 400.0);
/// Most bins of a side that are drawn; the rest are in the JSON.
const BINS_MAX: usize = 32;
/// Most room of a label below the cells.
const X_LABEL: f64 = 116.0;
/// Height of the legend.
const LEGEND: f64 = 200.0;
/// Room before bins that are not known values.
const GAP: f64 = 8.0;

/// Brown, light and teal: tells the two signs apart for those who are colour-blind too (Brewer's `BrBG`).
const COLOURS: [[f64; 3]; 9] = [
    [140.0, 81.0, 10.0],
    [191.0, 129.0, 45.0],
    [223.0, 194.0, 125.0],
    [246.0, 232.0, 195.0],
    [245.0, 245.0, 245.0],
    [199.0, 234.0, 229.0],
    [128.0, 205.0, 193.0],
    [53.0, 151.0, 143.0],
    [1.0, 102.0, 94.0],
];

/// The bins of one side that are drawn, with their places.
struct Side<'a> {
    bins: Vec<(usize, &'a ValueFacts)>,
    /// Where each begins, in pixels from the corner.
    starts: Vec<f64>,
    size: f64,
    /// Whether the largest numbers come first.
    falls: bool,
}

/// What is written at an axis.
struct Label {
    at: f64,
    text: String,
    /// What it tells when it is pointed at.
    words: String,
    /// Whether it belongs to a bin, not to the border of two.
    of_bin: bool,
}

impl<'a> Side<'a> {
    /// The bins that a row fell into, in `room` pixels: known values first, the others apart. Numbers
    /// rise from the corner on, or fall when it `falls`.
    fn of(bins: &'a [ValueFacts], rows: &[u64], room: f64, size_max: f64, falls: bool) -> Self {
        let present = bins.iter().enumerate().filter(|(place, _)| rows[*place] > 0);
        let (mut known, others): (Vec<_>, Vec<_>) = present.partition(|(_, value)| value.is_known());
        if known.len() > BINS_MAX {
            known.sort_by(|a, b| rows[b.0].cmp(&rows[a.0]).then(a.0.cmp(&b.0)));
            known.truncate(BINS_MAX);
            known.sort_by_key(|(place, _)| *place);
        }
        let falls = falls && known.iter().any(|(_, value)| matches!(value, ValueFacts::Interval { .. }));
        if falls {
            known.reverse();
        }
        let gap = if others.is_empty() || known.is_empty() { 0.0 } else { GAP };
        let (first_other, all) = (known.len(), known.len() + others.len());
        let size = ((room - gap) / all.max(1) as f64).min(size_max);
        let start = |place: usize| size * place as f64 + if place >= first_other { gap } else { 0.0 };
        known.extend(others);
        Self { bins: known, starts: (0..all).map(start).collect(), size, falls }
    }

    fn length(&self) -> f64 {
        self.starts.last().map_or(0.0, |start| start + self.size)
    }

    /// Where and what to write: levels at their middle, numbers where one interval meets the next;
    /// none nearer to the one before than `apart` pixels, but for what is not a known value.
    fn labels(&self, apart: f64) -> Vec<Label> {
        let mut labels: Vec<Label> = Vec::new();
        for (start, (_, value)) in self.starts.iter().zip(&self.bins) {
            let middle = start + self.size / 2.0;
            let label = match value {
                ValueFacts::Interval { from: None, to: Some(_) } => continue,
                ValueFacts::Interval { from: Some(from), .. } => {
                    let at = if self.falls { start + self.size } else { *start };
                    let text = significant(*from, 3);
                    Label { at, words: text.clone(), text, of_bin: false }
                }
                ValueFacts::Interval { from: None, to: None }
                | ValueFacts::Level { .. }
                | ValueFacts::Missing
                | ValueFacts::Unseen => {
                    Label { at: middle, text: value.brief_words(), words: value.words(), of_bin: true }
                }
            };
            let far = labels.last().is_none_or(|last| label.at - last.at >= apart);
            if far || !value.is_known() {
                labels.push(label);
            }
        }
        labels
    }
}

/// The picture of a pair of the model of a consent profile.
pub(super) fn heat_map(pair: &PairFacts, profile: &str) -> String {
    let turned = turned(pair);
    let pair = turned.as_ref().unwrap_or(pair);
    let [down, across] = &pair.sides;
    let wide = across.bins.len();
    let rows_of = |cells: &mut dyn Iterator<Item = usize>| cells.map(|cell| u64::from(pair.rows[cell])).sum();
    let down_rows: Vec<u64> =
        (0..down.bins.len()).map(|one| rows_of(&mut (one * wide..(one + 1) * wide))).collect();
    let across_rows: Vec<u64> =
        (0..wide).map(|other| rows_of(&mut (other..pair.rows.len()).step_by(wide))).collect();
    let x = Side::of(&across.bins, &across_rows, ROOM.0, 90.0, false);
    let y = Side::of(&down.bins, &down_rows, ROOM.1, 44.0, true);
    let largest = pair.scores.iter().zip(&pair.people).filter(|(_, people)| **people > 0);
    let largest = largest.map(|(score, _)| score.abs()).fold(0.0, f64::max).max(1e-9);

    let bottom = TOP + y.length();
    let title_at = bottom + x_labels_height(&x) + 24.0;
    let height = (title_at + 20.0).max(TOP + LEGEND + 84.0);
    let mut svg = Svg::new(WIDTH, height, &format!("What {} add together to the log-odds", pair.label()));
    svg.define_stripes();
    svg.telling(&pair.label(), |svg| svg.text("title", (20.0, 32.0), &pair.brief_label("title", 600.0)));
    svg.text("soft", (20.0, 54.0), "What the two add to the log-odds beyond what each adds alone.");
    svg.text("small soft end", (620.0, 54.0), &format!("{profile} profile"));
    for (top, (one, _)) in y.starts.iter().zip(&y.bins) {
        for (left, (other, _)) in x.starts.iter().zip(&x.bins) {
            let cell = one * wide + other;
            draw_cell(&mut svg, pair, cell, (LEFT + left, TOP + top), (x.size, y.size), largest);
        }
    }
    for Label { at, text, words, of_bin } in y.labels(13.0) {
        if !of_bin {
            svg.line("axis", (LEFT - 5.0, TOP + at), (LEFT - 1.0, TOP + at));
        }
        let shown = brief("small", &text, LEFT - 46.0);
        svg.telling(&words, |svg| svg.text("small soft end", (LEFT - 8.0, TOP + at + 4.0), &shown));
    }
    draw_x_labels(&mut svg, &x, bottom);
    svg.brief_text("small middle", (LEFT + x.length() / 2.0, title_at), &across.label, 360.0);
    // Beside few cells, a long name runs on beside the legend.
    let room = y.length().max(LEGEND);
    let middle = (20.0, TOP + room / 2.0);
    svg.turned_text("small middle", middle, -90.0, &brief("small", &down.label, room));
    draw_legend(&mut svg, largest, pair.people.contains(&0));
    svg.finish()
}

/// The pair with its sides exchanged, when the second has many names and the first has fewer bins:
/// names read best one below the other.
fn turned(pair: &PairFacts) -> Option<PairFacts> {
    let [down, across] = &pair.sides;
    let names = across.bins.iter().filter(|value| matches!(value, ValueFacts::Level { .. })).count();
    if names <= 8 || names <= down.bins.len() {
        return None;
    }
    let (tall, wide) = (down.bins.len(), across.bins.len());
    let from = |cell: usize| cell % tall * wide + cell / tall;
    Some(PairFacts {
        sides: [across.clone(), down.clone()],
        importance: pair.importance,
        scores: (0..tall * wide).map(|cell| pair.scores[from(cell)]).collect(),
        bands: (0..tall * wide).map(|cell| pair.bands[from(cell)]).collect(),
        rows: (0..tall * wide).map(|cell| pair.rows[from(cell)]).collect(),
        people: (0..tall * wide).map(|cell| pair.people[from(cell)]).collect(),
    })
}

/// The labels below the cells: numbers as far apart as they are wide.
fn x_labels(side: &Side<'_>) -> Vec<Label> {
    let numbers = side.labels(0.0).into_iter().filter(|label| !label.of_bin);
    let widest = numbers.map(|label| width("small", &label.text)).fold(0.0, f64::max);
    side.labels(if widest > 0.0 { widest + 8.0 } else { 14.0 })
}

/// Whether labels of bins are tilted: one is too wide to stand level below its bin.
fn are_tilted(labels: &[Label], side: &Side<'_>) -> bool {
    labels.iter().any(|label| label.of_bin && width("small", &label.text) > side.size - 2.0)
}

/// The height that the labels below the cells take.
fn x_labels_height(side: &Side<'_>) -> f64 {
    let labels = x_labels(side);
    let tilted = labels.iter().filter(|label| label.of_bin && are_tilted(&labels, side));
    let widest =
        tilted.map(|label| width("small", &brief("small", &label.text, X_LABEL))).fold(0.0, f64::max);
    // The sine of the tilt.
    16.0 + 0.77 * widest
}

fn draw_x_labels(svg: &mut Svg, side: &Side<'_>, bottom: f64) {
    let labels = x_labels(side);
    let tilted = are_tilted(&labels, side);
    for label in labels {
        let at = (LEFT + label.at, bottom + 17.0);
        let shown = brief("small", &label.text, X_LABEL);
        if !label.of_bin {
            svg.line("axis", (at.0, bottom), (at.0, bottom + 4.0));
        }
        svg.telling(&label.words, |svg| {
            if tilted && label.of_bin {
                svg.turned_text("small soft end", (at.0 + 4.0, at.1 - 1.0), -50.0, &shown);
            } else {
                svg.text("small soft middle", at, &shown);
            }
        });
    }
}

fn draw_cell(
    svg: &mut Svg,
    pair: &PairFacts,
    cell: usize,
    (left, top): (f64, f64),
    (wide, tall): (f64, f64),
    largest: f64,
) {
    let [down, across] = &pair.sides;
    let (one, other) = (cell / across.bins.len(), cell % across.bins.len());
    let place = format!("{}; {}", down.bins[one].words(), across.bins[other].words());
    let size = (wide - 1.0, tall - 1.0);
    if pair.people[cell] == 0 {
        let rows = pair.rows[cell];
        let words = format!("{place}: too few people to learn from ({} rows)", count(rows.into()));
        svg.telling(&words, |svg| svg.filled_rect("url(#stripes)", (left, top), size));
        return;
    }
    let score = pair.scores[cell];
    let words = format!(
        "{place}: {} ± {}; {} rows of {} people",
        signed(score),
        fixed(pair.bands[cell], 2),
        count(pair.rows[cell].into()),
        count(pair.people[cell].into())
    );
    svg.telling(&words, |svg| {
        svg.filled_rect(&colour(score / largest), (left, top), size);
        if wide >= 42.0 && tall >= 16.0 {
            let class = if score.abs() > 0.7 * largest { "small middle light" } else { "small middle dark" };
            svg.text(class, (left + wide / 2.0, top + tall / 2.0 + 4.0), &signed(score));
        }
    });
}

fn draw_legend(svg: &mut Svg, largest: f64, has_unknown: bool) {
    let (left, height, steps) = (558.0, LEGEND, 60_u8);
    let scale = Scale::new((-largest, largest), (TOP + 24.0 + height, TOP + 24.0));
    svg.text("small soft", (left, TOP + 8.0), "log-odds");
    let step = height / f64::from(steps);
    for number in 0..steps {
        let value = 1.0 - 2.0 * (f64::from(number) + 0.5) / f64::from(steps);
        svg.filled_rect(&colour(value), (left, scale.end + step * f64::from(number)), (14.0, step + 0.3));
    }
    for tick in scale.ticks(5.0) {
        let at = scale.at(tick.value);
        svg.line("axis", (left + 14.0, at), (left + 18.0, at));
        let label = if tick.value > 1e-9 { format!("+{}", tick.label) } else { tick.label };
        svg.text("small soft", (left + 22.0, at + 4.0), &label);
    }
    if has_unknown {
        svg.filled_rect("url(#stripes)", (left, scale.start + 16.0), (14.0, 14.0));
        svg.text("small soft", (left + 20.0, scale.start + 27.0), "too few");
        svg.text("small soft", (left + 20.0, scale.start + 41.0), "people");
    }
}

/// The colour of a value from -1 to 1.
fn colour(value: f64) -> String {
    let place = f64::midpoint(value.clamp(-1.0, 1.0), 1.0) * (COLOURS.len() - 1) as f64;
    let below = (0..COLOURS.len() - 1).rev().find(|index| *index as f64 <= place).unwrap_or(0);
    let share = place - below as f64;
    let [red, green, blue] = [0, 1, 2].map(|channel| {
        let (from, to) = (COLOURS[below][channel], COLOURS[below + 1][channel]);
        (from + (to - from) * share).round()
    });
    format!("rgb({red},{green},{blue})")
}

#[cfg(test)]
mod tests {
    use super::colour;

    #[test]
    fn colours_run_from_brown_over_light_to_teal() {
        assert_eq!([-1.0, 0.0, 1.0].map(colour), ["rgb(140,81,10)", "rgb(245,245,245)", "rgb(1,102,94)"]);
        assert_eq!(colour(0.125), "rgb(222,240,237)");
        assert_eq!((colour(-7.0), colour(7.0)), (colour(-1.0), colour(1.0)));
    }
}
