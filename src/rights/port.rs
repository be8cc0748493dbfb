//! What a person takes along: JSON for programs, CSV for spreadsheets, written part by part.

use serde_json::{Value, json};

use super::held::{HeldAd, HeldChange, HeldDecision, HeldEvent, HeldLabel, HeldPart};
use crate::domain::{
    ConcernOutcome, Objection, Purpose, Purposes, Statement, TenantId, Timestamp, inert_cell,
};
use crate::ledger::Concern;
use crate::store::FeedbackRow;

/// The name of the form, for programs that read it.
const FORM: &str = "limpid-port-1";

/// The columns of CSV.
const COLUMNS: [&str; 10] =
    ["part", "id", "at", "kind", "about", "detail", "spend_micros", "source", "purposes", "retention_days"];

/// In which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PortForm {
    /// One JSON object.
    Json,
    /// A table with a row for each part.
    Csv,
}

/// Writes what is held, part by part.
#[derive(Debug)]
pub struct PortWriter {
    form: PortForm,
    parts: u64,
}

impl PortWriter {
    /// A writer, and how the text begins.
    #[must_use]
    pub fn begin(form: PortForm, tenant: &TenantId, at: Timestamp) -> (Self, String) {
        let head = match form {
            PortForm::Json => {
                let (tenant, at) = (json!(tenant.as_str()), json!(at.to_string()));
                format!("{{\"form\":\"{FORM}\",\"tenant\":{tenant},\"taken_at\":{at},\"parts\":[")
            }
            PortForm::Csv => COLUMNS.join(",") + "\r\n",
        };
        (Self { form, parts: 0 }, head)
    }

    /// The text of a part.
    pub fn part(&mut self, part: &HeldPart) -> String {
        self.parts += 1;
        match self.form {
            PortForm::Json => {
                let comma = if self.parts == 1 { "\n" } else { ",\n" };
                format!("{comma}{}", json_of(part))
            }
            PortForm::Csv => rows_of(part).iter().map(line).collect(),
        }
    }

    /// How the text ends.
    #[must_use]
    pub fn end(self) -> String {
        match self.form {
            PortForm::Json => format!("\n],\"count\":{}}}\n", self.parts),
            PortForm::Csv => String::new(),
        }
    }
}

fn json_of(part: &HeldPart) -> Value {
    match part {
        HeldPart::Event(event) => json!({
            "part": "event",
            "id": event.id.as_ref().map(ToString::to_string),
            "kind": event.kind.name(),
            "at": event.at.to_string(),
            "attributes": event.attributes,
            "spend_micros": event.spend_micros,
            "times": event.times,
            "received_at": event.received_at.map(|at| at.to_string()),
            "source": event.source.name(),
            "retention_days": event.retention_days,
        }),
        HeldPart::Change(change) => json!({
            "part": "choice",
            "id": change.id.as_str(),
            "at": change.at.to_string(),
            "teller": change.teller.name(),
            "statements": change.statements,
        }),
        HeldPart::Decision(decision) => json!({
            "part": "decision",
            "id": decision.id.to_string(),
            "impression": decision.impression.as_str(),
            "at": decision.at.to_string(),
            "purposes": numbers(decision.accepted),
            "models": decision.models.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "shown": decision.shown.iter().map(ad_of).collect::<Vec<_>>(),
        }),
        HeldPart::Concern(concern) => json!({
            "part": "concern",
            "id": concern.id.as_str(),
            "at": concern.at.to_string(),
            "decision": concern.decision.to_string(),
            "topic": concern.topic.name(),
            "text": concern.text,
            "outcome": concern.outcome.map(ConcernOutcome::name),
            "answer": concern.answer.as_ref().map(|answer| &answer.text),
            "answered_at": concern.answer.as_ref().map(|answer| answer.at.to_string()),
        }),
        HeldPart::Press(press) => json!({
            "part": "feedback",
            "at": press.at.to_string(),
            "decision": press.decision.to_string(),
            "ad_place": press.ad,
            "kind": press.kind.name(),
        }),
        HeldPart::Label(label) => json!({
            "part": "group_label",
            "attribute": label.attribute,
            "value": label.value,
            "collected_at": label.collected_at.to_string(),
            "kept_until": label.kept_until.to_string(),
            "retention_days": label.retention_days,
            "source": label.source,
            "basis": label.basis,
            "special_basis": label.special_basis,
        }),
    }
}

fn ad_of(ad: &HeldAd) -> Value {
    json!({ "ad": ad.ad.as_str(), "advertiser": ad.advertiser, "payer": ad.payer, "reasons": ad.reasons })
}

fn numbers(purposes: Purposes) -> Vec<u8> {
    purposes.iter().map(Purpose::number).collect()
}

type Cells = [String; COLUMNS.len()];

fn rows_of(part: &HeldPart) -> Vec<Cells> {
    match part {
        HeldPart::Event(event) => vec![event_row(event)],
        HeldPart::Change(change) => change_rows(change),
        HeldPart::Decision(decision) => decision_rows(decision),
        HeldPart::Concern(concern) => concern_rows(concern),
        HeldPart::Press(press) => vec![press_row(press)],
        HeldPart::Label(label) => vec![label_row(label)],
    }
}

fn event_row(event: &HeldEvent) -> Cells {
    let of = |name: &str, value: &str| format!("{name}={value}");
    let attributes = event.attributes.iter().map(|(name, value)| of(name, value)).collect::<Vec<_>>();
    [
        "event".to_owned(),
        event.id.as_ref().map(ToString::to_string).unwrap_or_default(),
        event.at.to_string(),
        event.kind.name().to_owned(),
        attributes.join("; "),
        format!("times={}", event.times),
        event.spend_micros.to_string(),
        event.source.name().to_owned(),
        String::new(),
        event.retention_days.to_string(),
    ]
}

fn change_rows(change: &HeldChange) -> Vec<Cells> {
    let row = |statement: &Statement| {
        let (kind, about, purpose) = match statement {
            Statement::Grant(purpose) => ("grant", String::new(), purpose.number().to_string()),
            Statement::Withdraw(purpose) => ("withdraw", String::new(), purpose.number().to_string()),
            Statement::Object(objection) => told("object", objection),
            Statement::TakeBack(objection) => told("take_back", objection),
            Statement::Restrict => ("restrict", String::new(), String::new()),
            Statement::Lift => ("lift", String::new(), String::new()),
        };
        [
            "choice".to_owned(),
            change.id.to_string(),
            change.at.to_string(),
            kind.to_owned(),
            about,
            String::new(),
            String::new(),
            change.teller.name().to_owned(),
            purpose,
            String::new(),
        ]
    };
    change.statements.iter().map(row).collect()
}

fn told(kind: &'static str, objection: &Objection) -> (&'static str, String, String) {
    let about = |what: &str, name: &str| format!("{what}={name}");
    match objection {
        Objection::Purpose(purpose) => (kind, String::new(), purpose.number().to_string()),
        Objection::Advertiser(name) => (kind, about("advertiser", name), String::new()),
        Objection::Category(name) => (kind, about("category", name), String::new()),
        Objection::Datum(code) => (kind, about("datum", code), String::new()),
        Objection::Personalisation => (kind, "personalisation".to_owned(), String::new()),
    }
}

fn decision_rows(decision: &HeldDecision) -> Vec<Cells> {
    let purposes = numbers(decision.accepted).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let row = |kind: &str, about: String, detail: String| {
        [
            "decision".to_owned(),
            decision.id.to_string(),
            decision.at.to_string(),
            kind.to_owned(),
            about,
            detail,
            String::new(),
            decision.impression.to_string(),
            purposes.clone(),
            String::new(),
        ]
    };
    if decision.shown.is_empty() {
        return vec![row("nothing_shown", String::new(), String::new())];
    }
    let shown = decision.shown.iter();
    shown.map(|ad| row("shown", format!("{} by {}", ad.ad, ad.advertiser), ad.reasons.join(" "))).collect()
}

/// The question, and its answer when there is one.
fn concern_rows(concern: &Concern) -> Vec<Cells> {
    let row = |at: Timestamp, kind: &str, text: &str| {
        [
            "concern".to_owned(),
            concern.id.to_string(),
            at.to_string(),
            kind.to_owned(),
            format!("decision={}", concern.decision),
            text.to_owned(),
            String::new(),
            String::new(),
            String::new(),
            String::new(),
        ]
    };
    let asked = row(concern.at, concern.topic.name(), concern.text.as_deref().unwrap_or_default());
    let answered = concern.answer.as_ref();
    let answered = answered.map(|answer| row(answer.at, answer.outcome.name(), &answer.text));
    [asked].into_iter().chain(answered).collect()
}

fn press_row(press: &FeedbackRow) -> Cells {
    [
        "feedback".to_owned(),
        String::new(),
        press.at.to_string(),
        press.kind.name().to_owned(),
        format!("decision={}; ad_place={}", press.decision, press.ad),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
        String::new(),
    ]
}

fn label_row(label: &HeldLabel) -> Cells {
    [
        "group_label".to_owned(),
        String::new(),
        label.collected_at.to_string(),
        label.attribute.clone(),
        label.value.clone(),
        [Some(label.basis.as_str()), label.special_basis.as_deref()]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join("; "),
        String::new(),
        label.source.clone(),
        String::new(),
        label.retention_days.to_string(),
    ]
}

/// One line of CSV (RFC 4180). Cells of others' words are inert; numbers have their own columns.
fn line(cells: &Cells) -> String {
    let quoted = cells.iter().zip(COLUMNS).map(|(cell, column)| {
        let cell = if column == "spend_micros" { cell.into() } else { inert_cell(cell) };
        if cell.contains([',', '"', '\r', '\n']) {
            format!("\"{}\"", cell.replace('"', "\"\""))
        } else {
            cell.into_owned()
        }
    });
    quoted.collect::<Vec<_>>().join(",") + "\r\n"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{EventId, EventKind};
    use crate::rights::Source;

    fn event(category: &str) -> HeldPart {
        HeldPart::Event(HeldEvent {
            id: Some(EventId::parse("=1+1").unwrap()),
            kind: EventKind::Purchase,
            at: Timestamp::default(),
            attributes: [("category".to_owned(), category.to_owned())].into(),
            spend_micros: -5,
            received_at: None,
            times: 1,
            source: Source::Told,
            retention_days: 90,
        })
    }

    fn written(form: PortForm, parts: &[HeldPart]) -> String {
        let (mut writer, mut text) =
            PortWriter::begin(form, &TenantId::parse("shop").unwrap(), Timestamp::default());
        for part in parts {
            text += &writer.part(part);
        }
        text + &writer.end()
    }

    #[test]
    fn no_cell_is_a_formula() {
        let text = written(PortForm::Csv, &[event("\"=cmd|' /C calc'!A0\r\n@x")]);
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let row = reader.records().next().unwrap().unwrap();
        assert_eq!((&row[1], &row[6]), ("'=1+1", "-5"));
        assert_eq!(&row[4], "category=\"=cmd|' /C calc'!A0\r\n@x");
    }

    proptest! {
        #[test]
        fn whatever_is_held_comes_back(categories in prop::collection::vec(any::<String>(), 0..4)) {
            let parts = categories.iter().map(|category| event(category)).collect::<Vec<_>>();
            let json: Value = serde_json::from_str(&written(PortForm::Json, &parts)).unwrap();
            let csv = written(PortForm::Csv, &parts);
            let mut reader = csv::Reader::from_reader(csv.as_bytes());
            let rows = reader.records().collect::<Result<Vec<_>, _>>().unwrap();
            prop_assert_eq!((json["parts"].as_array().unwrap().len(), rows.len()), (parts.len(), parts.len()));
            for ((category, part), row) in categories.iter().zip(json["parts"].as_array().unwrap()).zip(&rows) {
                prop_assert_eq!(part["attributes"]["category"].as_str(), Some(category.as_str()));
                prop_assert_eq!(&row[4], format!("category={category}"));
            }
        }
    }
}
