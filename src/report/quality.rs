//! Pictures of how good models are: figures with their intervals, and predicted beside observed.

use super::facts::{Calibration, Contender, Figure, FoldFacts, Report};
use super::scale::{Scale, bounds, count, fixed};
use super::svg::Svg;

const WIDTH: f64 = 640.0;
const ROW: f64 = 26.0;

/// Something that is measured of every contender.
struct Measure {
    title: &'static str,
    of: fn(&Contender) -> Option<Figure>,
    of_fold: fn(&FoldFacts) -> Option<f64>,
}

/// What is measured of every contender; within groups only where there are any.
fn measures(report: &Report) -> Vec<Measure> {
    let auc = Measure { title: "AUC (higher is better)", of: |c| c.auc, of_fold: |fold| Some(fold.auc) };
    let within = Measure {
        title: "AUC within group (higher is better)",
        of: |c| c.auc_within_group,
        of_fold: |_| None,
    };
    let log_loss = Measure {
        title: "log loss (lower is better)",
        of: |c| Some(c.log_loss),
        of_fold: |fold| Some(fold.log_loss),
    };
    let has_groups = report.contenders.iter().any(|contender| contender.auc_within_group.is_some());
    if has_groups { vec![auc, within, log_loss] } else { vec![auc, log_loss] }
}

/// Every contender's figures as points with whiskers, a block for each measure; folds as small points of
/// their own.
pub(super) fn quality(report: &Report) -> String {
    let measures = measures(report);
    let block = report.contenders.len() as f64 * ROW + 76.0;
    let title = format!("How good each model is at predicting: {}", report.outcome);
    let intervals = lines(&report.intervals, 84);
    let top = 70.0 + 19.0 * intervals.len() as f64;
    let mut svg = Svg::new(WIDTH, top - 20.0 + block * measures.len() as f64, &title);
    svg.text("title", (20.0, 32.0), "How good each model is");
    for (line, words) in (0..).map(f64::from).zip(intervals) {
        svg.text("soft", (20.0, 54.0 + 19.0 * line), &words);
    }
    for (number, measure) in (0..).map(f64::from).zip(&measures) {
        draw_measure(&mut svg, report, measure, top + block * number);
    }
    svg.finish()
}

/// A text in lines of so many characters at most, as long as a word is not longer.
fn lines(text: &str, length: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().filter(|line| line.len() + word.len() < length);
        match line {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) => {
                line.push(' ');
                line.push_str(word);
            }
            None => lines.push(word.to_owned()),
        }
    }
    lines
}

fn draw_measure(svg: &mut Svg, report: &Report, measure: &Measure, top: f64) {
    const LEFT: f64 = 200.0;
    const RIGHT: f64 = 560.0;
    let contenders = &report.contenders;
    let bottom = top + 12.0 + contenders.len() as f64 * ROW;
    let figures = contenders.iter().filter_map(|contender| (measure.of)(contender));
    let of_folds = contenders.iter().flat_map(|c| c.folds.iter().filter_map(measure.of_fold));
    let values = figures.flat_map(|figure| [figure.estimate, figure.low, figure.high]).chain(of_folds);
    let scale = Scale::new(bounds(values, false, 0.08), (LEFT, RIGHT));
    svg.text("soft", (LEFT, top), measure.title);
    for tick in scale.ticks(5.0) {
        let x = scale.at(tick.value);
        svg.line("grid", (x, top + 10.0), (x, bottom));
        svg.text("small soft middle", (x, bottom + 18.0), &tick.label);
    }
    for (row, contender) in (0..).map(f64::from).zip(contenders) {
        let y = top + 25.0 + row * ROW;
        svg.brief_text("end", (LEFT - 14.0, y + 5.0), &contender.name, LEFT - 30.0);
        let Some(figure) = (measure.of)(contender) else { continue };
        let words = format!(
            "{}: {} ({} to {})",
            contender.name,
            fixed(figure.estimate, 4),
            fixed(figure.low, 4),
            fixed(figure.high, 4)
        );
        svg.telling(&words, |svg| {
            svg.line("whisker", (scale.at(figure.low), y), (scale.at(figure.high), y));
            for fold in contender.folds.iter().filter_map(measure.of_fold) {
                svg.circle("fold", (scale.at(fold), y), 2.5);
            }
            svg.circle("dot", (scale.at(figure.estimate), y), 4.5);
        });
        svg.text("", (RIGHT + 14.0, y + 5.0), &fixed(figure.estimate, 4));
    }
}

/// Predicted beside observed, a panel for each contender, all on one scale.
pub(super) fn reliability(report: &Report) -> String {
    let contenders: Vec<_> = report.contenders.iter().filter(|c| !c.reliability.is_empty()).collect();
    let side = if contenders.len() == 1 { 320.0 } else { 256.0 };
    let across = contenders.len().clamp(1, 2);
    let down = contenders.len().div_ceil(across).max(1);
    let height = 98.0 + down as f64 * (side + 76.0);
    let title = "Predicted beside observed probability";
    let mut svg = Svg::new(WIDTH, height, title);
    svg.text("title", (20.0, 32.0), title);
    let what = "Ten groups of rows by rising prediction. On the dashed line, predictions are right.";
    svg.text("soft", (20.0, 54.0), what);
    svg.text("soft", (20.0, 73.0), "Whiskers: 95 %, as if rows were independent.");
    let values = contenders.iter().flat_map(|c| &c.reliability).flat_map(|bin| {
        let (_, high) = wilson(bin);
        [bin.predicted, high]
    });
    let (_, high) = bounds(values, true, 0.04);
    let high = high.min(1.0);
    for (place, contender) in contenders.iter().enumerate() {
        let (column, row) = ((place % across) as f64, (place / across) as f64);
        let corner = (66.0 + column * (side + 34.0), 114.0 + row * (side + 76.0));
        draw_panel(&mut svg, contender, high, corner, side, place % across == 0);
    }
    svg.finish()
}

fn draw_panel(
    svg: &mut Svg,
    contender: &Contender,
    high: f64,
    (left, top): (f64, f64),
    side: f64,
    first: bool,
) {
    let x = Scale::new((0.0, high), (left, left + side));
    let y = Scale::new((0.0, high), (top + side, top));
    svg.rect("panel", (left, top), (side, side));
    for tick in x.ticks(5.0) {
        svg.line("grid", (x.at(tick.value), top), (x.at(tick.value), top + side));
        svg.line("grid", (left, y.at(tick.value)), (left + side, y.at(tick.value)));
        svg.text("small soft middle", (x.at(tick.value), top + side + 18.0), &tick.label);
        if first {
            svg.text("small soft end", (left - 7.0, y.at(tick.value) + 4.0), &tick.label);
        }
    }
    svg.brief_text("", (left, top - 8.0), &contender.name, side);
    svg.text("small soft middle", (left + side / 2.0, top + side + 38.0), "predicted");
    if first {
        svg.turned_text("small soft middle", (left - 46.0, top + side / 2.0), -90.0, "observed");
    }
    svg.line("ideal", (x.at(0.0), y.at(0.0)), (x.at(high), y.at(high)));
    for bin in &contender.reliability {
        let (low, high) = wilson(bin);
        let at = (x.at(bin.predicted), y.at(bin.observed));
        let words = format!(
            "{} rows: predicted {}, observed {}",
            count(bin.rows),
            fixed(bin.predicted, 4),
            fixed(bin.observed, 4)
        );
        svg.telling(&words, |svg| {
            svg.line("reach", (at.0, y.at(low)), (at.0, y.at(high)));
            svg.circle("dot", at, 3.5);
        });
    }
}

/// The 95 % score interval of a share (Wilson 1927).
pub(super) fn wilson(bin: &Calibration) -> (f64, f64) {
    const Z: f64 = 1.96;
    let rows = bin.rows.max(1) as f64;
    let middle = (bin.observed + Z * Z / (2.0 * rows)) / (1.0 + Z * Z / rows);
    let spread = bin.observed * (1.0 - bin.observed) / rows + Z * Z / (4.0 * rows * rows);
    let half = Z / (1.0 + Z * Z / rows) * spread.sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_share_is_wilsons() {
        let (low, high) = wilson(&Calibration { rows: 100, predicted: 0.2, observed: 0.1 });
        assert!((low - 0.0552).abs() < 1e-4 && (high - 0.1744).abs() < 1e-4, "{low} {high}");
        let (low, high) = wilson(&Calibration { rows: 10, predicted: 0.2, observed: 0.0 });
        assert!(low == 0.0 && (high - 0.2775).abs() < 1e-4, "{low} {high}");
    }
}
