//! What an audit of proxies found: as JSON with all figures, and as text for a person.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde::Serialize;

use super::markdown::plain;
use super::scale::{count, fixed};
use super::{Figure, ReportError, write};

/// An audit of proxies.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProxyReport {
    /// Version of the form.
    pub format: u32,
    /// The example.
    pub example: String,
    /// Whose rows count, and how a person is summed up.
    pub rows: String,
    /// From which AUC on a hint is a finding, when its interval leaves out 0.5.
    pub threshold: f64,
    /// People whose features were looked at.
    pub people: u64,
    /// The groups of five people and more.
    pub groups: Vec<ProxyGroup>,
}

/// How a group is told from others.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProxyGroup {
    /// The attribute.
    pub attribute: String,
    /// The value.
    pub value: String,
    /// People in the group.
    pub people: u64,
    /// People with another value.
    pub others: u64,
    /// How well all features together tell it: AUC over people, each scored by a model of others.
    pub together: ProxyHint,
    /// How well each feature alone tells it, the best first.
    pub alone: Vec<ProxyHint>,
    /// How well the scores of the models that serve tell it.
    pub models: Vec<ProxyHint>,
    /// The importance of each feature in the model of all features, falling, in nats.
    pub importances: Vec<(String, f64)>,
}

/// An AUC, and whether it is a finding.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ProxyHint {
    /// A feature, a model, or all features.
    pub by: String,
    /// The AUC with its 95 % interval.
    pub auc: Figure,
    /// Whether it exceeds the threshold, and chance.
    pub is_finding: bool,
}

/// Features that are named for a group.
const NAMED: usize = 3;

impl ProxyReport {
    /// The version of the form that this code writes.
    pub const FORMAT: u32 = 1;

    /// Whether an AUC is a finding: at least as far from 0.5 as the threshold, and its interval leaves 0.5 out.
    #[must_use]
    pub fn is_finding(auc: Figure, threshold: f64) -> bool {
        let is_chance = auc.low <= 0.5 && 0.5 <= auc.high;
        !is_chance && (auc.estimate - 0.5).abs() >= threshold - 0.5
    }

    /// The findings: group and hint, in the order of the groups.
    pub fn findings(&self) -> impl Iterator<Item = (&ProxyGroup, &ProxyHint)> {
        self.groups.iter().flat_map(|group| {
            let hints = std::iter::once(&group.together).chain(&group.alone).chain(&group.models);
            hints.filter(|hint| hint.is_finding).map(move |hint| (group, hint))
        })
    }

    /// Writes `proxies.json` and `proxies.md` to `folder`, which is made when it is missing.
    ///
    /// # Errors
    /// When the folder or a file cannot be written.
    pub fn write(&self, folder: &Path) -> Result<(), ReportError> {
        fs::create_dir_all(folder).map_err(|cause| ReportError::new(folder, &cause))?;
        let json = serde_json::to_string_pretty(self).map_err(|cause| ReportError::new(folder, &cause))?;
        write(folder, "proxies.json", &format!("{json}\n"))?;
        write(folder, "proxies.md", &self.markdown())
    }

    fn markdown(&self) -> String {
        let mut text = String::new();
        let threshold = fixed(self.threshold, 2);
        let _ = writeln!(text, "# What hints at groups: {}\n", plain(&self.example));
        let _ = writeln!(text, "{} people. {}\n", count(self.people), plain(&self.rows));
        let _ = writeln!(
            text,
            "An AUC of 0.5 is chance. **Bold** is a finding: {threshold} or more (for scores also {} or less), and its 95 % interval over \
             people leaves out 0.5. Groups of fewer than five people are left out. All figures are in `proxies.json`.\n",
            fixed(1.0 - self.threshold, 2)
        );
        let _ = writeln!(
            text,
            "| group | people | others | all features | features that tell most alone | scores of models |\n|---|---|---|---|---|---|"
        );
        for group in &self.groups {
            let alone: Vec<String> = group.alone.iter().take(NAMED).map(named).collect();
            let models: Vec<String> = group.models.iter().map(named).collect();
            let (attribute, value) = (plain(&group.attribute), plain(&group.value));
            let _ = writeln!(
                text,
                "| {attribute}: {value} | {} | {} | {} | {} | {} |",
                count(group.people),
                count(group.others),
                cell(&group.together),
                alone.join("; "),
                models.join("; ")
            );
        }
        let _ = writeln!(text, "\n## By which features\n");
        for group in &self.groups {
            let most = group.importances.iter().take(NAMED);
            let most: Vec<String> =
                most.map(|(feature, nats)| format!("{} ({})", plain(feature), fixed(*nats, 3))).collect();
            let most = if most.is_empty() { "nothing".to_owned() } else { most.join(", ") };
            let _ = writeln!(text, "- {}: {}: {most}", plain(&group.attribute), plain(&group.value));
        }
        text
    }
}

fn named(hint: &ProxyHint) -> String {
    format!("{} {}", plain(&hint.by), cell(hint))
}

fn cell(hint: &ProxyHint) -> String {
    let Figure { estimate, low, high } = hint.auc;
    let mark = if hint.is_finding { "**" } else { "" };
    format!("{mark}{} ({} to {}){mark}", fixed(estimate, 3), fixed(low, 3), fixed(high, 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_exceeds_threshold_and_chance_either_way() {
        let figure = |estimate, low, high| Figure { estimate, low, high };
        for (auc, is) in [
            (figure(0.7, 0.6, 0.8), true),
            (figure(0.7, 0.5, 0.9), false),
            (figure(0.55, 0.52, 0.58), false),
            (figure(0.3, 0.2, 0.4), true),
        ] {
            assert_eq!(ProxyReport::is_finding(auc, 0.6), is, "{auc:?}");
        }
    }
}
