//! The card for people.

use std::fmt::Write as _;

use super::{Card, DataFacts, EndFacts, ProfileFacts, purposes};
use crate::report::markdown::plain;
use crate::report::scale::{count, fixed, signed};

/// How many terms are listed, the most important first.
const TERMS_LISTED: usize = 20;

pub(super) fn markdown(card: &Card) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "# Model card: {}\n", plain(&card.name));
    let _ = writeln!(text, "Version `{}`. {}\n", card.version, plain(&card.overview()));
    write_uses(&mut text, card);
    write_training(&mut text, card);
    write_data(&mut text, card);
    for profile in &card.profiles {
        write_profile(&mut text, profile);
    }
    let _ = writeln!(text, "## Known limits\n");
    write_list(&mut text, &card.limits.iter().map(|limit| plain(limit)).collect::<Vec<_>>());
    write_edits(&mut text, card);
    write_versions(&mut text, card);
    text
}

fn write_uses(text: &mut String, card: &Card) {
    let _ = writeln!(text, "## What it is\n\n{}\n\n{}\n", plain(&card.architecture), plain(&card.origin));
    let _ = writeln!(text, "## What it is for\n");
    let ranks = format!("Ranking ads by how likely it is that {}.", plain(&card.outcome));
    write_list(text, &[ranks, "Saying of every ad exactly what made it rise or sink.".to_owned()]);
    let _ = writeln!(text, "## What it is not for\n");
    write_list(text, &Card::not_for().map(str::to_owned));
}

fn write_training(text: &mut String, card: &Card) {
    let training = &card.training;
    let share = 100.0 * training.positives as f64 / training.rows.max(1) as f64;
    let _ = writeln!(text, "## What it was trained on\n");
    let _ = writeln!(text, "| | |\n|---|---|");
    let _ = writeln!(text, "| predicting | {} ({}) |", plain(&card.outcome), plain(&card.response));
    let _ = writeln!(text, "| rows | {} |", count(training.rows));
    let _ = writeln!(
        text,
        "| of these with the response | {} ({} %) |",
        count(training.positives),
        fixed(share, 1)
    );
    let _ = writeln!(text, "| people | {} |", count(training.people));
    let span = training
        .span
        .as_ref()
        .map_or_else(|| "not kept with the model".to_owned(), |(first, last)| format!("{first} to {last}"));
    let _ = writeln!(text, "| time | {span} |");
    let _ =
        writeln!(text, "| purposes that everyone in them accepted | {} |\n", purposes(&training.purposes));
    if let Some(promise) = &card.promise {
        let _ = writeln!(text, "{}\n", plain(promise));
    }
}

fn write_data(text: &mut String, card: &Card) {
    let (personal, other): (Vec<&DataFacts>, Vec<&DataFacts>) =
        card.data.iter().partition(|datum| datum.personal);
    let _ = writeln!(text, "## Data about people\n");
    if personal.is_empty() {
        let _ = writeln!(text, "None.\n");
    } else {
        let _ = writeln!(
            text,
            "| feature | what it is | category | source | how known | purposes to serve | purposes to train | \
             kept, days | can be switched off |\n|---|---|---|---|---|---|---|---|---|"
        );
        for datum in personal {
            let _ = writeln!(
                text,
                "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                plain(&datum.feature),
                plain(&datum.label),
                plain(&datum.category),
                plain(&datum.source),
                plain(&datum.derivation),
                purposes(&datum.serving),
                purposes(&datum.training),
                datum.retention_days,
                if datum.controllable { "yes" } else { "no" },
            );
        }
        let _ = writeln!(
            text,
            "\nPurposes are those of the IAB Transparency and Consent Framework, by number.\n"
        );
    }
    let _ = writeln!(text, "Data about the ad, the place and the moment:\n");
    let other: Vec<String> =
        other.iter().map(|datum| format!("{} ({})", plain(&datum.feature), plain(&datum.label))).collect();
    write_list(text, &other);
}

fn write_profile(text: &mut String, profile: &ProfileFacts) {
    let _ = writeln!(text, "## Consent profile: {}\n", plain(&profile.profile));
    let [single, pairs] = profile.terms;
    let _ = writeln!(
        text,
        "{} It has {single} terms of one feature and {pairs} of two together; the score of an average row is {}.\n",
        plain(&profile.knows),
        fixed(profile.intercept, 4)
    );
    match &profile.quality {
        None => {
            let _ = writeln!(text, "How good it is was not measured, or on too few people to tell.\n");
        }
        Some(quality) => {
            let _ = writeln!(
                text,
                "Measured on {} rows of {} people that it was not trained on ({} with the response):\n",
                count(quality.rows),
                count(quality.people),
                count(quality.positives)
            );
            let _ = writeln!(text, "| figure | value | 95 % interval |\n|---|---|---|");
            for (name, figure) in &quality.figures {
                let [estimate, low, high] =
                    [figure.estimate, figure.low, figure.high].map(|value| fixed(value, 4));
                let _ = writeln!(text, "| {name} | {estimate} | {low} to {high} |");
            }
            let _ = writeln!(text, "\nCalibration, in groups of rows by rising probability:\n");
            let _ = writeln!(text, "| rows | predicted | observed |\n|---|---|---|");
            for group in &quality.calibration {
                let [predicted, observed] = [group.predicted, group.observed].map(|share| fixed(share, 4));
                let _ = writeln!(text, "| {} | {predicted} | {observed} |", count(group.rows));
            }
            text.push('\n');
        }
    }
    write_terms(text, profile);
}

fn write_terms(text: &mut String, profile: &ProfileFacts) {
    if profile.importances.is_empty() {
        return;
    }
    let _ = writeln!(text, "How far each term moves the score (mean absolute contribution, in log-odds):\n");
    let _ = writeln!(text, "| term | importance |\n|---|---|");
    for (term, importance) in profile.importances.iter().take(TERMS_LISTED) {
        let _ = writeln!(text, "| {} | {} |", plain(term), fixed(*importance, 4));
    }
    match profile.importances.len().saturating_sub(TERMS_LISTED) {
        0 => text.push('\n'),
        more => {
            let _ = writeln!(text, "\n{more} more terms move it less.\n");
        }
    }
    if profile.shapes.is_empty() {
        return;
    }
    let _ = writeln!(text, "Between what the most important ones move it, with 95 % bands:\n");
    let _ = writeln!(text, "| term | lowest | highest |\n|---|---|---|");
    for shape in &profile.shapes {
        let _ =
            writeln!(text, "| {} | {} | {} |", plain(&shape.label), end(&shape.lowest), end(&shape.highest));
    }
    let _ = writeln!(
        text,
        "\nEvery shape, bin by bin: `limpid models show VERSION`; as pictures: `limpid evaluate --out`.\n"
    );
}

fn end(end: &EndFacts) -> String {
    let band = end.band.map(|band| format!(" ± {}", fixed(band, 2))).unwrap_or_default();
    format!("{}{band} ({})", signed(end.score), plain(&end.value))
}

fn write_edits(text: &mut String, card: &Card) {
    let _ = writeln!(text, "## Changes by hand\n");
    if card.edits.is_empty() {
        let _ = writeln!(text, "None.\n");
        return;
    }
    let _ = writeln!(text, "| when | who | what | why | of version |\n|---|---|---|---|---|");
    for edit in &card.edits {
        let of: String = edit.of.chars().take(12).collect();
        let [who, what, why] = [&edit.who, &edit.what, &edit.why].map(|words| plain(words));
        let _ = writeln!(text, "| {} | {who} | {what} | {why} | `{of}` |", edit.at);
    }
    text.push('\n');
}

fn write_versions(text: &mut String, card: &Card) {
    let _ = writeln!(text, "## Versions and licence\n");
    let licence = card.licence.as_ref().map_or_else(
        || "Licence of the data, and so of what was learned from them: not stated by the example.".to_owned(),
        |licence| format!("Licence of the data: {}.", plain(licence)),
    );
    write_list(
        text,
        &[
            format!("Model: `{}`.", card.version),
            format!("Schema: `{}`.", card.schema_hash),
            format!("Format of the artefact: {}.", card.format_version),
            format!("Made by {}.", plain(&card.made_by)),
            licence,
        ],
    );
}

/// A list of items that are Markdown already.
fn write_list(text: &mut String, items: &[String]) {
    if items.is_empty() {
        let _ = writeln!(text, "None.\n");
        return;
    }
    for item in items {
        let _ = writeln!(text, "- {item}");
    }
    text.push('\n');
}
