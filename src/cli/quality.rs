//! The table of quality.

use crate::model::metrics::Interval;
use crate::train::{Contender, OverFolds, Prepared, Quality, Spread, Turns};

/// Prints what was compared, and how.
pub(super) fn print_quality(quality: &Quality, prepared: &Prepared) {
    let (train, test) = (&prepared.train, &prepared.test);
    tell!("Predicting: {}", prepared.outcome);
    tell!(
        "Trained on {} rows ({:.1} % positive), measured on {} rows held out ({:.1} % positive), {}.",
        train.rows(),
        percent(&train.outcome),
        test.rows(),
        percent(&test.outcome),
        prepared.split
    );
    tell!("In brackets: 95 % intervals, by resampling people.\n");
    tell!("{:<26}{:<25}{:<25}{:<25}{:>8}", "model", "AUC", "AUC within group", "log loss", "fit");
    for contender in &quality.contenders {
        print_contender(contender);
    }
    if quality.contenders.iter().any(|contender| contender.evaluation.auc_within_group.is_some()) {
        tell!(
            "\nAUC within group: over pairs of rows of one person and campaign, where only the ad differs."
        );
    }
}

/// Prints how good each model is over the folds, and on each.
pub(super) fn print_folds(table: &[OverFolds], turns: &Turns) {
    let rows = turns.rows();
    tell!("Predicting: {}", turns.outcome());
    tell!(
        "{} folds of {} rows ({:.1} % positive), each measured by what the others trained.",
        turns.count(),
        rows.rows(),
        percent(&rows.outcome)
    );
    tell!("Mean over the folds, ± their standard deviation.\n");
    tell!("{:<26}{:<20}{:<20}{:>10}", "model", "AUC", "log loss", "fit");
    for model in table {
        print_over_folds(model);
    }
}

fn print_over_folds(model: &OverFolds) {
    let (auc, log_loss, seconds) = (spread(model.auc()), spread(model.log_loss()), model.seconds());
    tell!("{:<26}{auc:<20}{log_loss:<20}{seconds:>8.1} s", model.name);
    for (number, fold) in model.folds.iter().enumerate() {
        let (name, seconds) = (format!("  fold {number}"), fold.took.as_secs_f64());
        tell!("{name:<26}{:<20.4}{:<20.4}{seconds:>8.1} s", fold.auc, fold.log_loss);
    }
}

fn print_contender(contender: &Contender) {
    let evaluation = &contender.evaluation;
    let seconds = contender.took.as_secs_f64();
    tell!(
        "{:<26}{:<25}{:<25}{:<25}{:>6.1} s",
        contender.name,
        evaluation.auc.map_or("-".to_owned(), interval),
        evaluation.auc_within_group.map_or("-".to_owned(), interval),
        interval(evaluation.log_loss),
        seconds
    );
}

fn interval(interval: Interval) -> String {
    format!("{:.4} ({:.4}-{:.4})", interval.estimate, interval.low, interval.high)
}

fn spread(spread: Spread) -> String {
    format!("{:.4} ± {:.4}", spread.mean, spread.deviation)
}

/// The share of rows in which the response happened, in percent.
fn percent(outcome: &[bool]) -> f64 {
    100.0 * outcome.iter().filter(|&&happened| happened).count() as f64 / outcome.len().max(1) as f64
}
