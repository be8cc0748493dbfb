//! The table of quality.

use crate::model::metrics::Interval;
use crate::train::{Contender, Prepared, Quality};

/// Prints what was compared, and how.
pub(super) fn print_quality(quality: &Quality, prepared: &Prepared) {
    let (train, test) = (&prepared.train, &prepared.test);
    let share = |outcome: &[bool]| {
        100.0 * outcome.iter().filter(|&&happened| happened).count() as f64 / outcome.len().max(1) as f64
    };
    tell!("Predicting: {}", prepared.outcome);
    tell!(
        "Trained on {} rows ({:.1} % positive), measured on {} rows held out ({:.1} % positive), {}.",
        train.rows(),
        share(&train.outcome),
        test.rows(),
        share(&test.outcome),
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
