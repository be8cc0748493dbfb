//! What one feature adds: a step line with its band over numbers, points with whiskers over levels;
//! below or beside it how many rows speak for each bin.

use super::facts::{BinFacts, ShapeFacts, ValueFacts};
use super::scale::{Scale, bounds, count, number, signed, significant};
use super::svg::{Svg, brief};

const WIDTH: f64 = 640.0;
/// Most levels that are drawn; the rest are in the JSON.
const LEVELS_MAX: usize = 40;

/// The picture of a shape function of the model of a consent profile.
pub(super) fn shape(shape: &ShapeFacts, profile: &str) -> String {
    let is_number = shape.bins.iter().any(|bin| matches!(bin.value, ValueFacts::Interval { .. }));
    if is_number { over_numbers(shape, profile) } else { over_levels(shape, profile) }
}

/// What a bin says when it is pointed at.
fn words(bin: &BinFacts) -> String {
    let of = if bin.people == 0 {
        "nobody, or too few to learn from".to_owned()
    } else {
        format!("{} rows of {} people", count(bin.rows.into()), count(bin.people.into()))
    };
    format!(
        "{}: {} ± {}; {of}",
        bin.value.words(),
        signed(bin.score),
        signed(bin.band).trim_start_matches('+')
    )
}

fn heading(svg: &mut Svg, shape: &ShapeFacts, profile: &str, note: &str) {
    svg.brief_text("title", (20.0, 32.0), &shape.label, 600.0);
    svg.text("soft", (20.0, 54.0), "What it adds to the log-odds, with its 95 % band.");
    svg.text("small soft end", (620.0, 54.0), &format!("{profile} profile"));
    svg.text("soft", (20.0, 73.0), note);
}

/// Bins that are not known values, if a row fell into them or they add something.
fn apart(shape: &ShapeFacts) -> Vec<&BinFacts> {
    let tells = |bin: &&BinFacts| !bin.value.is_known() && (bin.rows > 0 || bin.score != 0.0);
    shape.bins.iter().filter(tells).collect()
}

/// Ends of the vertical scale: every band, and 0.
fn reach(shape: &ShapeFacts) -> (f64, f64) {
    bounds(shape.bins.iter().flat_map(|bin| [bin.score - bin.band, bin.score + bin.band]), true, 0.06)
}

const TOP: f64 = 92.0;
const BOTTOM: f64 = 332.0;
const ROWS_TOP: f64 = 352.0;
const ROWS_BOTTOM: f64 = 408.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 622.0;
/// Width of a bin that stands apart.
const APART: f64 = 88.0;

fn over_numbers(shape: &ShapeFacts, profile: &str) -> String {
    let known: Vec<&BinFacts> = shape.bins.iter().filter(|bin| bin.value.is_known()).collect();
    let apart = apart(shape);
    let right = RIGHT - APART * apart.len() as f64;
    let axis = NumberAxis::of(&known, right);
    let y = Scale::new(reach(shape), (BOTTOM, TOP));
    let mut svg = Svg::new(WIDTH, 462.0, &format!("What {} adds to the log-odds", shape.label));
    let missing = shape.bins.iter().find(|bin| bin.value == ValueFacts::Missing);
    let note = match missing {
        Some(bin) if bin.rows == 0 && bin.score == 0.0 => {
            "Nobody, or too few people, had it missing; a missing value adds 0."
        }
        Some(_) | None => "",
    };
    heading(&mut svg, shape, profile, note);
    draw_grid(&mut svg, &y, (LEFT, RIGHT));
    axis.draw(&mut svg, &shape.label);
    draw_steps(&mut svg, &known, &axis, &y);
    draw_density(&mut svg, &known, &apart, &axis);
    for (place, bin) in apart.iter().enumerate() {
        let middle = right + APART * (place as f64 + 0.5) + 6.0;
        svg.line("grid", (middle - APART / 2.0 + 4.0, TOP), (middle - APART / 2.0 + 4.0, ROWS_BOTTOM));
        svg.telling(&words(bin), |svg| {
            svg.line("whisker", (middle, y.at(bin.score - bin.band)), (middle, y.at(bin.score + bin.band)));
            svg.circle("dot", (middle, y.at(bin.score)), 4.0);
        });
        svg.text("small soft middle", (middle, ROWS_BOTTOM + 18.0), &bin.value.words());
    }
    svg.finish()
}

fn draw_grid(svg: &mut Svg, y: &Scale, (left, right): (f64, f64)) {
    for tick in y.ticks(6.0) {
        let is_zero = tick.value.abs() < 1e-9;
        let at = y.at(tick.value);
        svg.line(if is_zero { "zero" } else { "grid" }, (left, at), (right, at));
        let label = if tick.value > 1e-9 { format!("+{}", tick.label) } else { tick.label };
        svg.text("small soft end", (left - 8.0, at + 4.0), &label);
    }
}

/// The band, the steps and what they say.
fn draw_steps(svg: &mut Svg, known: &[&BinFacts], axis: &NumberAxis, y: &Scale) {
    let outline = |sign: f64| {
        known.iter().zip(&axis.edges).flat_map(move |(bin, (from, to))| {
            let at = y.at(bin.score + sign * bin.band);
            [(*from, at), (*to, at)]
        })
    };
    let lower: Vec<_> = outline(-1.0).collect();
    let band: Vec<_> = outline(1.0).chain(lower.into_iter().rev()).collect();
    svg.path("band", &band, true);
    let steps: Vec<_> = outline(0.0).collect();
    // The outermost steps go on without an end.
    if let [one, two, inner @ .., before, last] = &steps[..] {
        svg.path("line open", &[*one, *two], false);
        svg.path("line", &[&[*two], inner, &[*before]].concat(), false);
        svg.path("line open", &[*before, *last], false);
    } else {
        svg.path("line open", &steps, false);
    }
    for (bin, (from, to)) in known.iter().zip(&axis.edges) {
        svg.telling(&words(bin), |svg| svg.rect("hover", (*from, TOP), (to - from, ROWS_BOTTOM - TOP)));
    }
}

/// Rows under the steps: by unit of the axis, so that an area is a number of rows.
fn draw_density(svg: &mut Svg, known: &[&BinFacts], apart: &[&BinFacts], axis: &NumberAxis) {
    let widths: Vec<f64> = axis.edges.iter().map(|(from, to)| (to - from).max(0.1)).collect();
    let densities: Vec<f64> =
        known.iter().zip(&widths).map(|(bin, width)| f64::from(bin.rows) / width).collect();
    let highest = densities.iter().copied().fold(0.0, f64::max);
    let height =
        |density: f64| if highest > 0.0 { density / highest * (ROWS_BOTTOM - ROWS_TOP) } else { 0.0 };
    svg.text("small soft end", (LEFT - 8.0, ROWS_BOTTOM), "rows");
    for ((density, (from, to)), bin) in densities.iter().zip(&axis.edges).zip(known) {
        let tall = height(*density);
        svg.telling(&words(bin), |svg| svg.rect("rows", (*from, ROWS_BOTTOM - tall), (to - from, tall)));
    }
    let all: u64 = known.iter().chain(apart).map(|bin| u64::from(bin.rows)).sum();
    for (place, bin) in apart.iter().enumerate() {
        let middle = axis.right + APART * (place as f64 + 0.5) + 6.0;
        let share = 100.0 * f64::from(bin.rows) / all.max(1) as f64;
        let text = format!("{} rows", count(bin.rows.into()));
        svg.text("small soft middle", (middle, ROWS_BOTTOM - 18.0), &text);
        svg.text("small soft middle", (middle, ROWS_BOTTOM - 4.0), &format!("{} %", number(share)));
    }
    svg.line("axis", (LEFT, ROWS_BOTTOM), (axis.right, ROWS_BOTTOM));
}

/// Where the intervals lie from left to right.
struct NumberAxis {
    /// The two ends of each interval, in pixels.
    edges: Vec<(f64, f64)>,
    /// Where a number is written, and which.
    labels: Vec<(f64, String)>,
    /// Whether intervals are as wide as their numbers are apart; else all are equally wide.
    is_linear: bool,
    right: f64,
}

impl NumberAxis {
    /// To scale, unless half of the intervals would then be too narrow to see. The outermost
    /// intervals have no end: no axis shows the number of the one person who had the most.
    fn of(known: &[&BinFacts], right: f64) -> Self {
        let cuts: Vec<f64> = known
            .iter()
            .filter_map(|bin| match bin.value {
                ValueFacts::Interval { to, .. } => to,
                ValueFacts::Missing | ValueFacts::Unseen | ValueFacts::Level { .. } => None,
            })
            .collect();
        let mut widths: Vec<f64> = cuts.windows(2).map(|pair| pair[1] - pair[0]).collect();
        widths.sort_by(f64::total_cmp);
        let span: f64 = widths.iter().sum();
        let narrow: f64 = widths.iter().take(widths.len().div_ceil(2)).sum();
        if cuts.is_empty() || (widths.len() > 2 && narrow < 0.06 * span) {
            return Self::even(&cuts, right);
        }
        let usual = widths.get(widths.len() / 2).copied().unwrap_or(1.0).max(0.04 * span);
        let (first, last) = (cuts[0], cuts[cuts.len() - 1]);
        // Counts and amounts do not go below 0.
        let low = if first > 0.0 { (first - usual).max(0.0) } else { first - usual };
        let scale = Scale::new((low, last + usual), (LEFT, right));
        let ends = [low].into_iter().chain(cuts).chain([last + usual]);
        let ends: Vec<f64> = ends.map(|cut| scale.at(cut)).collect();
        let labels = scale.ticks(6.0).into_iter().map(|tick| (scale.at(tick.value), tick.label)).collect();
        Self { edges: between(&ends), labels, is_linear: true, right }
    }

    fn even(cuts: &[f64], right: f64) -> Self {
        let width = (right - LEFT) / (cuts.len() + 1) as f64;
        let at = |place: usize| LEFT + width * place as f64;
        let ends: Vec<f64> = (0..cuts.len() + 2).map(at).collect();
        let stride = cuts.len().div_ceil(7).max(1);
        let every = cuts.iter().enumerate().skip(stride / 2).step_by(stride);
        let labels = every.map(|(place, cut)| (at(place + 1), significant(*cut, 3))).collect();
        Self { edges: between(&ends), labels, is_linear: false, right }
    }

    fn draw(&self, svg: &mut Svg, label: &str) {
        for (x, text) in &self.labels {
            svg.line("grid", (*x, TOP), (*x, ROWS_BOTTOM));
            svg.text("small soft middle", (*x, ROWS_BOTTOM + 18.0), text);
        }
        let note = if self.is_linear { "" } else { " (not to scale: bins evenly spaced)" };
        let middle = f64::midpoint(LEFT, self.right);
        let name = brief("small", label, 330.0);
        svg.text("small soft middle", (middle, ROWS_BOTTOM + 40.0), &format!("{name}{note}"));
    }
}

/// The intervals between neighbouring ends.
fn between(ends: &[f64]) -> Vec<(f64, f64)> {
    ends.windows(2).map(|pair| (pair[0], pair[1])).collect()
}

fn over_levels(shape: &ShapeFacts, profile: &str) -> String {
    let mut levels: Vec<&BinFacts> = shape.bins.iter().filter(|bin| bin.value.is_known()).collect();
    let all = levels.len();
    levels.sort_by_key(|bin| std::cmp::Reverse(bin.rows));
    levels.truncate(LEVELS_MAX);
    levels.sort_by(|a, b| b.score.total_cmp(&a.score));
    let apart = apart(shape);
    let gap = if apart.is_empty() { 0.0 } else { 14.0 };
    let labelled = levels.iter().any(|bin| bin.value.name_beside_label().is_some());
    let (row, left, right) = (if labelled { 38.0 } else { 24.0 }, 232.0, 498.0);
    let bottom = TOP + 8.0 + row * (levels.len() + apart.len()) as f64 + gap;
    let mut svg = Svg::new(WIDTH, bottom + 36.0, &format!("What {} adds to the log-odds", shape.label));
    let note = if all > levels.len() {
        format!("The {} most frequent of {all} levels.", levels.len())
    } else {
        String::new()
    };
    heading(&mut svg, shape, profile, &note);
    let scale = Scale::new(reach(shape), (left, right));
    for tick in scale.ticks(5.0) {
        let x = scale.at(tick.value);
        svg.line(if tick.value.abs() < 1e-9 { "zero" } else { "grid" }, (x, TOP), (x, bottom));
        let label = if tick.value > 1e-9 { format!("+{}", tick.label) } else { tick.label };
        svg.text("small soft middle", (x, bottom + 18.0), &label);
    }
    svg.text("small soft", (516.0, TOP - 6.0), "rows");
    let most = levels.iter().chain(&apart).map(|bin| bin.rows).max().unwrap_or(1).max(1);
    for (place, bin) in levels.iter().chain(&apart).enumerate() {
        let down = if place >= levels.len() { gap } else { 0.0 };
        let y = TOP + 18.0 + row * place as f64 + down;
        let class = if bin.value.is_known() { "end" } else { "end soft" };
        let name = bin.value.name_beside_label();
        svg.telling(&bin.value.words(), |svg| {
            let up = if name.is_some() { 3.0 } else { -5.0 };
            svg.text(class, (left - 12.0, y - up), &brief(class, &bin.value.brief_words(), left - 30.0));
            if let Some(name) = name {
                svg.text("small soft end", (left - 12.0, y + 13.0), &brief("small", name, left - 30.0));
            }
        });
        svg.telling(&words(bin), |svg| {
            svg.line("whisker", (scale.at(bin.score - bin.band), y), (scale.at(bin.score + bin.band), y));
            svg.circle("dot", (scale.at(bin.score), y), 4.0);
            let wide = 48.0 * f64::from(bin.rows) / f64::from(most);
            svg.rect("rows", (516.0, y - 6.0), (wide, 12.0));
            svg.text("small soft", (521.0 + wide, y + 4.0), &count(bin.rows.into()));
        });
    }
    svg.finish()
}
