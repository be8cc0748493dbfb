//! Axes: where a value lies, where ticks go, and how numbers are written.

/// Where values lie between two pixels.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) start: f64,
    pub(super) end: f64,
}

impl Scale {
    /// A scale from `low` to `high`, which lie at the pixels `start` and `end`.
    pub(super) fn new((low, high): (f64, f64), (start, end): (f64, f64)) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        Self { low, high, start, end }
    }

    /// The pixel of a value.
    pub(super) fn at(&self, value: f64) -> f64 {
        self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)
    }

    /// About `count` round values within the scale.
    pub(super) fn ticks(&self, count: f64) -> Vec<Tick> {
        let step = round_step((self.high - self.low) / count);
        let decimals = decimals(step);
        let first = (self.low / step - 1e-9).ceil();
        (0..100)
            .map(|number| (first + f64::from(number)) * step)
            .take_while(|value| *value <= self.high + step * 1e-9)
            .map(|value| Tick { value, label: fixed(value, decimals) })
            .collect()
    }
}

/// A value on an axis with what is written there.
#[derive(Clone, Debug)]
pub(super) struct Tick {
    pub(super) value: f64,
    pub(super) label: String,
}

/// The bounds of `values` and, when `zero`, of 0, widened by a share of their distance.
pub(super) fn bounds(values: impl Iterator<Item = f64>, zero: bool, margin: f64) -> (f64, f64) {
    let start = if zero { (0.0, 0.0) } else { (f64::INFINITY, f64::NEG_INFINITY) };
    let (low, high) = values.fold(start, |(low, high), value| (low.min(value), high.max(value)));
    if !low.is_finite() || !high.is_finite() {
        return (0.0, 1.0);
    }
    let pad = if high > low { (high - low) * margin } else { 0.05 };
    (low - pad, high + pad)
}

/// The step of 1, 2 or 5 times a power of ten that is nearest above `step`.
fn round_step(step: f64) -> f64 {
    // Steps of a report lie within a few dozen powers of ten; walking there needs no logarithm.
    let mut power = 1.0;
    while power > step && power > 1e-30 {
        power /= 10.0;
    }
    while power * 10.0 <= step && power < 1e30 {
        power *= 10.0;
    }
    [1.0, 2.0, 5.0]
        .into_iter()
        .map(|factor| factor * power)
        .find(|round| *round >= step)
        .unwrap_or(power * 10.0)
}

/// Decimals that a multiple of `step` needs.
fn decimals(step: f64) -> usize {
    let mut decimals = 0;
    let mut scaled = step;
    while decimals < 9 && (scaled - scaled.round()).abs() > 1e-6 * scaled.abs().max(1e-12) {
        scaled *= 10.0;
        decimals += 1;
    }
    decimals
}

/// A number with so many decimals, thousands apart, and a real minus sign.
pub(super) fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", value.abs());
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    let (whole, rest) = text.find('.').map_or((text.as_str(), ""), |point| text.split_at(point));
    let mut grouped = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) && whole.len() > 4 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    format!("{}{grouped}{rest}", if value < 0.0 && !is_zero { "−" } else { "" })
}

/// A number to four significant digits, to tell it in words.
pub(super) fn number(value: f64) -> String {
    significant(value, 4)
}

/// A number to so many significant digits; all digits before the point stay.
pub(super) fn significant(value: f64, digits: usize) -> String {
    let (mut decimals, mut bound) = (digits.saturating_sub(1), 10.0);
    while value.abs() >= bound && decimals > 0 {
        (decimals, bound) = (decimals - 1, bound * 10.0);
    }
    bound = 1.0;
    while value.abs() < bound && decimals < 9 && value != 0.0 {
        (decimals, bound) = (decimals + 1, bound / 10.0);
    }
    let text = fixed(value, decimals);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A contribution: with its sign and two decimals.
pub(super) fn signed(value: f64) -> String {
    let text = fixed(value, 2);
    if value > 0.0 && text != "0.00" { format!("+{text}") } else { text }
}

/// A count, thousands apart.
pub(super) fn count(value: u64) -> String {
    fixed(value as f64, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels((low, high): (f64, f64), count: f64) -> Vec<String> {
        let scale = Scale::new((low, high), (0.0, 1.0));
        scale.ticks(count).into_iter().map(|tick| tick.label).collect()
    }

    #[test]
    fn ticks_are_round_and_within_the_scale() {
        assert_eq!(labels((-0.73, 1.21), 5.0), ["−0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(labels((0.0, 100.0), 5.0), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(labels((0.0, 0.031), 4.0), ["0.00", "0.01", "0.02", "0.03"]);
        assert_eq!(labels((0.0, 90_000.0), 4.0), ["0", "50,000"]);
    }

    #[test]
    fn numbers_are_brief_and_have_a_real_minus_sign() {
        let cases = [(0.013_849, "0.0138"), (0.138_49, "0.138"), (13.849, "13.8"), (0.000_422_8, "0.000423")];
        for (value, text) in cases {
            assert_eq!(significant(value, 3), text);
        }
        let cases =
            [(0.0, "0"), (-0.0, "0"), (0.5, "0.5"), (-3.25, "−3.25"), (1234.5, "1234"), (99_999.0, "99,999")];
        for (value, text) in cases {
            assert_eq!(number(value), text);
        }
        let cases = [(0.0, "0.00"), (-0.001, "0.00"), (0.004, "0.00"), (0.256, "+0.26"), (-1.5, "−1.50")];
        for (value, text) in cases {
            assert_eq!(signed(value), text);
        }
    }

    #[test]
    fn bounds_of_nothing_are_a_scale_too() {
        assert_eq!(bounds([].into_iter(), false, 0.1), (0.0, 1.0));
        assert_eq!(bounds([2.0].into_iter(), true, 0.5), (-1.0, 3.0));
        assert_eq!(labels((3.0, 3.0), 2.0), ["3.0", "3.5", "4.0"]);
    }
}
