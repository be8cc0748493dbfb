//! `limpid proxies`

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::PathBuf;

use super::CommandError;
use super::labels::{LabelsPlace, in_the_trail};
use super::progress::Bar;
use super::workspace::{DEMO_TENANT, Folders, Predicts, Workspace};
use crate::data::Bundle;
use crate::domain::{Clock, FeatureId, Response, SubjectKey, SystemClock};
use crate::fairness::{Attribute, Crowd, GroupHints, LabelStore, PeopleLabels, find_hints};
use crate::model::metrics::Interval;
use crate::report::{Figure, ProxyGroup, ProxyHint, ProxyReport, Report};
use crate::train::People;

/// Audits proxies: how well the features that models may use, and the scores of those that serve, tell who is in a group of the
/// labels (`limpid labels`). Of people who accepted that their data improve the service, a row each.
#[derive(clap::Args)]
pub(super) struct ProxiesArguments {
    #[command(flatten)]
    folders: Folders,
    /// Folder of the labels; without it, `labels` in the data folder.
    #[arg(long, value_name = "DIR")]
    labels: Option<PathBuf>,
    /// Which rows count, where an example has those of clicks and of conversions.
    #[arg(long, value_enum, default_value = "conversion")]
    response: Predicts,
    /// From which AUC on a hint is a finding, when its 95 % interval leaves out 0.5.
    #[arg(long, value_name = "AUC", default_value_t = 0.6)]
    threshold: f64,
    /// Folder for proxies.md, for a person, and proxies.json with all figures; made when it is missing.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

/// Whose rows count, as reports say it.
const ROWS: &str = "Only rows count of people who accepted that their data improve the service (purpose 10); of a person the mean of \
                    each number and the most frequent category.";

pub(super) async fn run(arguments: ProxiesArguments) -> Result<(), CommandError> {
    if !(0.5..=1.0).contains(&arguments.threshold) {
        return Err(CommandError::new("--threshold: must be from 0.5 to 1"));
    }
    if let Some(folder) = &arguments.out {
        Report::check_folder(folder).map_err(CommandError::new)?;
    }
    let place = LabelsPlace {
        labels: arguments.labels.clone(),
        data: arguments.folders.data.folder.clone(),
        tenant: DEMO_TENANT.to_owned(),
    };
    let labels = LabelStore::open_existing(&place.folder()).map_err(CommandError::new)?;
    let labels = labels.ok_or_else(|| {
        let folder = place.folder();
        CommandError::new(format!(
            "--labels {}: there are no labels; `limpid labels import` takes some",
            folder.display()
        ))
    })?;
    let workspace = Workspace::open(&arguments.folders.data).await?;
    // Labels are named by raw ids, which are known while the example is read and kept nowhere.
    let names = RefCell::new(BTreeMap::new());
    let bundle = workspace.load_naming(&arguments.folders.example, &names).await?;
    let response: Response = arguments.response.into();
    let people = People::of(&bundle, response).map_err(CommandError::new)?;
    let active = workspace.serving(&bundle.schema).await?;
    let scores = active
        .iter()
        .map(|(name, artefact)| (name.clone(), people.scores(&artefact.profiled)))
        .collect::<Vec<_>>();
    workspace.store.close().await.map_err(CommandError::new)?;
    in_the_trail(&place, "proxies", || {
        let raw_ids = raw_ids(&people, &names.borrow())?;
        let raw_ids = raw_ids.iter().map(String::as_str);
        let held =
            labels.of_people(&place.tenant()?, raw_ids, SystemClock.now()).map_err(CommandError::new)?;
        let crowd = Crowd { table: &people.table, features: &people.features, scores: &scores };
        let hints = hints(crowd, &held)?;
        let report = report(&bundle, arguments.threshold, people.subjects.len() as u64, hints);
        print(&report);
        if let Some(folder) = &arguments.out {
            report.write(folder).map_err(CommandError::new)?;
            tell!("\nReport: {}", folder.join("proxies.md").display());
        }
        Ok(())
    })
}

fn raw_ids(people: &People, names: &BTreeMap<SubjectKey, String>) -> Result<Vec<String>, CommandError> {
    let raw_id = |subject| names.get(subject).cloned();
    let raw_ids: Option<Vec<String>> = people.subjects.iter().map(raw_id).collect();
    raw_ids.ok_or_else(|| CommandError::new("the example has people whose ids were not read"))
}

fn hints(crowd: Crowd<'_>, held: &PeopleLabels) -> Result<Vec<GroupHints>, CommandError> {
    let bar = RefCell::new(None::<Bar>);
    let told = |attribute: &str, value: &str| {
        *bar.borrow_mut() = Some(Bar::spinner(&format!("{attribute}: {value}")));
    };
    let attributes: &[Attribute] = &held.attributes;
    find_hints(crowd, attributes, &held.people, &told).map_err(CommandError::new)
}

fn report(bundle: &Bundle, threshold: f64, people: u64, hints: Vec<GroupHints>) -> ProxyReport {
    let name = |feature: FeatureId| bundle.schema.features[feature.index()].name.clone();
    let hint = |by: String, Interval { estimate, low, high }: Interval, both_ways: bool| {
        let auc = Figure { estimate, low, high };
        let is_finding = ProxyReport::is_finding(auc, threshold) && (both_ways || estimate > 0.5);
        ProxyHint { by, auc, is_finding }
    };
    let group = |group: GroupHints| {
        let mut alone: Vec<ProxyHint> =
            group.alone.into_iter().map(|(feature, auc)| hint(name(feature), auc, false)).collect();
        alone.sort_by(|a, b| b.auc.estimate.total_cmp(&a.auc.estimate));
        ProxyGroup {
            attribute: group.attribute,
            value: group.value,
            people: group.people,
            others: group.others,
            together: hint("all features".to_owned(), group.together, false),
            alone,
            models: group.models.into_iter().map(|(model, auc)| hint(model, auc, true)).collect(),
            importances: group.importances.into_iter().map(|(feature, nats)| (name(feature), nats)).collect(),
        }
    };
    ProxyReport {
        format: ProxyReport::FORMAT,
        example: bundle.schema.name.clone(),
        rows: ROWS.to_owned(),
        threshold,
        people,
        groups: hints.into_iter().map(group).collect(),
    }
}

fn print(report: &ProxyReport) {
    if report.groups.is_empty() {
        tell!("no group of five people and more has labels; nothing is told of fewer");
        return;
    }
    let cell = |hint: &ProxyHint| {
        let Figure { estimate, low, high } = hint.auc;
        format!("{estimate:.3} ({low:.3}-{high:.3}){}", if hint.is_finding { "*" } else { " " })
    };
    tell!("{:<32} {:>6} {:>6}  {:<22} best feature alone", "group", "people", "others", "all features (AUC)");
    for group in &report.groups {
        let best = group.alone.first().map(|hint| format!("{} {}", cell(hint), hint.by)).unwrap_or_default();
        let name = format!("{}: {}", group.attribute, group.value);
        tell!("{name:<32} {:>6} {:>6}  {:<22} {best}", group.people, group.others, cell(&group.together));
        for hint in &group.models {
            tell!("{:<32} {:>6} {:>6}  {} score of {}", "", "", "", cell(hint), hint.by);
        }
    }
    let findings = report.findings().count();
    tell!(
        "\n{findings} findings (*): AUC of {:.2} and more, or of scores as far below 0.5, and not by chance.",
        report.threshold
    );
}
