//! The report as text for a person.

use std::fmt::Write as _;

use crate::domain::is_unseen;

use super::facts::{Contender, Figure, ModelFacts, Report};
use super::scale::{count, fixed};
use super::{PAIRS_DRAWN, Picture};

/// The text; it refers to `pictures` by their names, and leaves out timings but for the last line.
pub(super) fn markdown(report: &Report, pictures: &[Picture]) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "# {}\n", plain(&report.example));
    let _ = writeln!(text, "Predicting: {}.\n", plain(&report.outcome));
    let (trained, tested) = (report.trained, report.tested);
    let share = |share: f64| fixed(100.0 * share, 1);
    let _ = writeln!(
        text,
        "Trained on {} rows ({} % positive), measured on {} rows ({} % positive): {}.\n",
        count(trained.rows as u64),
        share(trained.share()),
        count(tested.rows as u64),
        share(tested.share()),
        plain(&report.held_out)
    );
    let _ = writeln!(text, "All figures are in `report.json`, without rounding.\n\n## Quality\n");
    write_quality(&mut text, report);
    write_picture(&mut text, pictures, "quality.svg");
    let _ = writeln!(text, "## Calibration\n");
    write_picture(&mut text, pictures, "reliability.svg");
    if let Some(contender) = report.contenders.last() {
        write_reliability(&mut text, contender);
    }
    write_models(&mut text, report, pictures);
    write_timings(&mut text, report);
    text
}

fn write_quality(text: &mut String, report: &Report) {
    let within = report.contenders.iter().any(|contender| contender.auc_within_group.is_some());
    let (head, rule) = if within { (" AUC within group |", "---|") } else { ("", "") };
    let _ = writeln!(text, "| model | AUC |{head} log loss |\n|---|---|{rule}---|");
    let cell = |figure: Option<Figure>| {
        figure.map_or("-".to_owned(), |figure| {
            format!("{} ({} to {})", fixed(figure.estimate, 4), fixed(figure.low, 4), fixed(figure.high, 4))
        })
    };
    for contender in &report.contenders {
        let within = if within { format!(" {} |", cell(contender.auc_within_group)) } else { String::new() };
        let (auc, log_loss) = (cell(contender.auc), cell(Some(contender.log_loss)));
        let _ = writeln!(text, "| {} | {auc} |{within} {log_loss} |", plain(&contender.name));
    }
    let _ = writeln!(text, "\n{}\n", report.intervals);
    let folds = report.contenders.iter().filter(|contender| !contender.folds.is_empty());
    for contender in folds {
        let _ = writeln!(
            text,
            "{}, by fold:\n\n| fold | rows | AUC | log loss |\n|---|---|---|---|",
            plain(&contender.name)
        );
        for (number, fold) in contender.folds.iter().enumerate() {
            let (auc, log_loss) = (fixed(fold.auc, 4), fixed(fold.log_loss, 4));
            let _ = writeln!(text, "| {number} | {} | {auc} | {log_loss} |", count(fold.rows as u64));
        }
        text.push('\n');
    }
}

fn write_reliability(text: &mut String, contender: &Contender) {
    let _ = writeln!(text, "{}, in groups of rows by rising prediction:\n", plain(&contender.name));
    let _ = writeln!(text, "| rows | predicted | observed |\n|---|---|---|");
    for bin in &contender.reliability {
        let (predicted, observed) = (fixed(bin.predicted, 4), fixed(bin.observed, 4));
        let _ = writeln!(text, "| {} | {predicted} | {observed} |", count(bin.rows));
    }
    text.push('\n');
}

fn write_models(text: &mut String, report: &Report, pictures: &[Picture]) {
    if report.models.is_empty() {
        let _ = writeln!(text, "No additive model was fitted, so no shape functions are drawn.\n");
    }
    for model in &report.models {
        write_model(text, model, pictures);
    }
}

fn write_model(text: &mut String, model: &ModelFacts, pictures: &[Picture]) {
    let _ = writeln!(
        text,
        "## The additive model, {} profile\n\n{}\n",
        plain(&model.profile),
        plain(&model.knows)
    );
    let _ = writeln!(
        text,
        "Fitted on {}. Contributions are in log-odds; an average row has {}.\n",
        plain(&model.fitted_on),
        fixed(model.intercept, 4)
    );
    if model.shapes.is_empty() {
        let _ = writeln!(text, "It has no terms: every row has the same score.\n");
        return;
    }
    let prefix = model.prefix();
    let of = |kind: &str| {
        let start = format!("{prefix}{kind}-");
        pictures.iter().filter(move |picture| picture.name.starts_with(&start))
    };
    write_picture(text, pictures, &format!("{prefix}importances.svg"));
    let _ = writeln!(text, "### Features\n");
    for picture in of("shape") {
        write_picture(text, pictures, &picture.name);
    }
    if !model.pairs.is_empty() {
        let drawn = model.pairs.len().min(PAIRS_DRAWN);
        let _ = writeln!(text, "### Pairs\n\nThe {drawn} most important of {}.\n", model.pairs.len());
        for picture in of("pair") {
            write_picture(text, pictures, &picture.name);
        }
    }
}

fn write_picture(text: &mut String, pictures: &[Picture], name: &str) {
    if let Some(picture) = pictures.iter().find(|picture| picture.name == name) {
        let _ = writeln!(text, "![{}]({})\n", plain(&picture.title), picture.name);
    }
}

/// Timings, all on the last line: the only one that differs from run to run.
fn write_timings(text: &mut String, report: &Report) {
    let of = |timing: &super::facts::Timing| {
        let seconds: Vec<String> = timing.fit_seconds.iter().map(|seconds| fixed(*seconds, 1)).collect();
        format!("{} {}", plain(&timing.name), seconds.join(" + "))
    };
    let timings: Vec<String> = report.timings.iter().map(of).collect();
    let _ = writeln!(text, "Seconds of each fit, tuning included: {}.", timings.join("; "));
}

/// Text from data as Markdown that shows it as it is, on one line.
pub(super) fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ if is_unseen(character) => escaped.push(' '),
            _ => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn text_from_data_cannot_break_out_of_a_cell_or_become_markup() {
        assert_eq!(plain("a|b\n<img>&*c*[d](e)"), "a\\|b &lt;img&gt;&amp;\\*c\\*\\[d\\](e)");
        assert_eq!(plain("a\u{202e}b\u{1b}[1m"), "a b \\[1m");
    }
}
