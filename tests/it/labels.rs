//! Group labels: rights reach them, decisions do not, and nothing of the service opens them.

use std::fs;
use std::path::Path;

use limpid::admission::Trail;
use limpid::domain::{Clock, SystemClock, Timestamp};
use limpid::fairness::{
    LABEL_ERASED_FILE_NAME, LABEL_FILE_NAME, LABEL_KEY_FILE_NAME, LabelError, LabelStore, LabelTable,
    read_attributes,
};
use limpid::ledger::Keyring;
use limpid::rpc::pb::fairness_service_client::FairnessServiceClient;
use limpid::rpc::pb::{self, PortFormat};
use serde_json::Value;
use tonic::Code;

use super::asking::{ALL_PURPOSES, about, assert_field, assert_refused};
use super::binary::{assert_fails, limpid};
use super::place::{Place, TENANT, tenant};
use super::righting::{access, erase, port, token};
use super::service::{NOON, Service, at};

/// Values that the k floor asks for are among them.
const DECLARED: &str = r#"
[[attribute]]
name = "area"
values = ["town", "page-of-one"]
basis = "legitimate interest (GDPR Art. 6(1)(f)): audits of fairness"
retention_days = 30
source = "a questionnaire"
special_category = "health"
special_basis = "9(2)(a): explicit consent in the questionnaire"
"#;

/// Imports a table that was collected at noon.
pub(crate) fn import(service: &Service, table: &str) {
    import_at(service, table, at(NOON));
}

fn import_at(service: &Service, table: &str, collected_at: Timestamp) {
    let mut store = LabelStore::open(&service.place().labels()).unwrap();
    let table = LabelTable::read(table.as_bytes(), &read_attributes(DECLARED).unwrap()).unwrap();
    store.import(&tenant(), &table, (collected_at, collected_at), &|_| false).unwrap();
}

/// Five and six of the example's people.
fn everyone() -> String {
    let of = |n: usize| format!("p-{n:02},{}\n", if n < 6 { "town" } else { "page-of-one" });
    "id,area\n".to_owned() + &(1..12).map(of).collect::<String>()
}

fn bytes_below(folder: &Path) -> Vec<u8> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file()).map(|path| fs::read(path).unwrap()).collect::<Vec<_>>().concat()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

async fn counts(service: &Service, tenant: &str) -> Result<Vec<pb::GroupAttribute>, tonic::Status> {
    let mut fairness = FairnessServiceClient::new(service.channel.clone());
    let asked = pb::ListGroupAttributesRequest { tenant: tenant.to_owned() };
    Ok(fairness.list_group_attributes(asked).await?.into_inner().attributes)
}

#[tokio::test]
async fn a_person_is_told_their_labels_takes_them_along_and_erases_them_with_all_else() {
    let service = Service::start().await;
    assert!(access(&service, token("p-05")).await.unwrap().labels.is_empty());
    import(&service, &everyone());
    let held = access(&service, token("p-05")).await.unwrap().labels;
    let [label] = &held[..] else { panic!("{held:?}") };
    assert_eq!((label.attribute.as_str(), label.value.as_str()), ("area", "town"));
    assert_eq!(
        label.kept_until.as_ref().unwrap().seconds - label.collected_at.as_ref().unwrap().seconds,
        30 * 86_400
    );
    assert!(label.basis.starts_with("legitimate interest") && label.special_basis.starts_with("9(2)(a)"));
    assert_eq!(label.source, "a questionnaire");

    let taken: Value =
        serde_json::from_str(&port(&service, token("p-05"), PortFormat::Json).await.unwrap()).unwrap();
    let parts = taken["parts"].as_array().unwrap().iter();
    let labels: Vec<_> = parts.filter(|part| part["part"] == "group_label").collect();
    assert_eq!(labels.len(), 1);
    assert_eq!((&labels[0]["attribute"], &labels[0]["value"]), (&"area".into(), &"town".into()));
    let csv = port(&service, token("p-05"), PortFormat::Csv).await.unwrap();
    assert!(csv.contains("group_label,,2026-03-01T12:00:00Z,area,town,"), "{csv}");

    let receipt = erase(&service, token("p-05")).await.unwrap();
    assert_eq!(receipt.labels, 1);
    assert!(access(&service, token("p-05")).await.unwrap().labels.is_empty());
    assert_eq!(access(&service, token("p-06")).await.unwrap().labels.len(), 1);
    assert_eq!(erase(&service, token("p-05")).await.unwrap().labels, 0, "again is fine");
    // The table that they were in does not bring them back.
    import(&service, &everyone());
    assert!(access(&service, token("p-05")).await.unwrap().labels.is_empty());
}

#[tokio::test]
async fn labels_that_cannot_be_erased_are_said_so_and_all_else_is_erased() {
    let service = Service::start().await;
    import(&service, &everyone());
    let keys = service.place().labels().join(LABEL_KEY_FILE_NAME);
    let whole = fs::read(&keys).unwrap();
    fs::write(&keys, "{}").unwrap();
    let says = "group labels: cannot be read or erased now; make the call again";
    assert_refused(access(&service, token("p-05")).await, Code::Unavailable, "LABELS_UNAVAILABLE", says);
    let refused = port(&service, token("p-05"), PortFormat::Json).await;
    assert_refused(refused, Code::Unavailable, "LABELS_UNAVAILABLE", says);
    assert_refused(counts(&service, TENANT).await, Code::Unavailable, "LABELS_UNAVAILABLE", says);
    assert_refused(erase(&service, token("p-05")).await, Code::Unavailable, "LABELS_UNAVAILABLE", says);
    fs::write(&keys, whole).unwrap();
    let held = access(&service, token("p-05")).await.unwrap();
    assert!(held.overview.erased_before && held.events.is_empty());
    assert_eq!(erase(&service, token("p-05")).await.unwrap().labels, 1);
}

#[tokio::test]
async fn no_decision_changes_by_labels_and_nothing_of_the_service_opens_them() {
    let service = Service::start().await;
    let before = service.recommend(about("p-05", &ALL_PURPOSES, "before")).await.unwrap();
    import(&service, &everyone());
    let after = service.recommend(about("p-05", &ALL_PURPOSES, "after")).await.unwrap();
    assert_eq!(before.verdicts, after.verdicts);
    let values = |answer: &pb::RecommendResponse| {
        answer.ads.iter().map(|ad| (ad.ad_id.clone(), ad.ranking_value_units)).collect::<Vec<_>>()
    };
    assert_eq!(values(&before), values(&after));

    let folder = service.place().labels();
    let (labels, data) = (bytes_below(&folder), bytes_below(&service.place().data()));
    let keyring = Keyring::open(&service.place().data()).unwrap();
    for n in 1..12 {
        let raw_id = format!("p-{n:02}");
        let key = keyring.subject_key(&tenant(), &raw_id).unwrap();
        assert!(!holds(&labels, raw_id.as_bytes()) && !holds(&labels, key.as_bytes()));
        assert!(!holds(&labels, keyring.mark(&tenant(), &key).as_bytes()));
    }
    for text in ["town", "page-of-one", "area", TENANT, "questionnaire"] {
        assert!(!holds(&labels, text.as_bytes()), "{text}");
    }
    // No key of the one is in the other's folder.
    let digits = |text: &&str| text.len() >= 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let of = |path: &Path| fs::read_to_string(path).unwrap();
    let own = of(&folder.join(LABEL_KEY_FILE_NAME));
    assert_eq!(own.split('"').filter(digits).count(), 3);
    assert!(own.split('"').filter(digits).all(|key| !holds(&data, key.as_bytes())));
    let services = of(&service.place().data().join("keys.json"));
    assert!(services.split('"').filter(digits).all(|key| !holds(&labels, key.as_bytes())));
}

#[tokio::test]
async fn the_services_keys_open_no_label() {
    let service = Service::start().await;
    import(&service, &everyone());
    let folder = service.place().labels();
    let services = fs::read_to_string(service.place().data().join("keys.json")).unwrap();
    fs::write(folder.join(LABEL_KEY_FILE_NAME), &services).unwrap();
    let error = LabelStore::open(&folder).unwrap_err().to_string();
    assert!(error.contains("label-keys.json has format 3"), "{error}");
    // Nor does any of them as if it were the key of labels: a file that is whole in each other respect.
    let digits = |text: &&str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let keys: Vec<&str> = services.split('"').filter(digits).collect();
    assert!(keys.len() >= 3, "{}", keys.len());
    for key in &keys {
        let bytes = |digits: &str| -> Vec<u8> {
            let pairs = digits.as_bytes().chunks(2);
            pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
        };
        let mut check = blake3::Hasher::new_derive_key("limpid 2026-11 label key file check v1");
        for _ in 0..3 {
            check.update(&bytes(key));
        }
        let check = check.finalize().to_hex()[..16].to_owned();
        let text = serde_json::json!({
            "format": 1, "name_key": key, "seal_key": key, "erased_key": key, "check": check
        });
        fs::write(folder.join(LABEL_KEY_FILE_NAME), text.to_string()).unwrap();
        let error = LabelStore::open(&folder).unwrap_err();
        assert!(matches!(error, LabelError::OtherKeys { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn groups_are_counted_above_the_floor_for_their_tenant_and_swept_by_the_services_clock() {
    let service = Service::start().await;
    assert!(counts(&service, TENANT).await.unwrap().is_empty());
    import(&service, &everyone());
    let [area] = &counts(&service, TENANT).await.unwrap()[..] else { panic!() };
    let people: Vec<_> = area.values.iter().map(|value| (value.value.as_str(), value.people)).collect();
    assert_eq!(people, [("town", 5), ("page-of-one", 6)]);
    assert_eq!((area.retention_days, area.special_category.as_str()), (30, "health"));
    assert!(counts(&service, "other").await.unwrap().is_empty());
    assert_field(counts(&service, "").await, "tenant", "must not be empty");
    service.clock.set(at(NOON).plus_days(30));
    let [area] = &counts(&service, TENANT).await.unwrap()[..] else { panic!() };
    assert!(area.values.iter().all(|value| value.withheld));
}

#[tokio::test]
async fn a_service_sweeps_labels_whose_time_is_over_when_it_starts() {
    let service = Service::start().await;
    import_at(&service, &everyone(), at(NOON).plus_days(-30));
    import_at(&service, "id,area\np-06,town\n", at(NOON).plus_days(-29));
    assert_eq!(access(&service, token("p-05")).await.unwrap().labels.len(), 1);
    let service = service.restart().await;
    while !access(&service, token("p-05")).await.unwrap().labels.is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(access(&service, token("p-06")).await.unwrap().labels.len(), 1);
}

/// Writes the files of an import.
fn files(place: &Place, table: &str) -> (String, String) {
    let (csv, toml) = (place.path().join("labels.csv"), place.path().join("attributes.toml"));
    fs::write(&csv, table).unwrap();
    fs::write(&toml, DECLARED).unwrap();
    (csv.to_str().unwrap().to_owned(), toml.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn the_command_line_imports_lists_erases_and_sweeps_and_the_trail_tells_so() {
    let place = Place::bare();
    let data = place.data().to_str().unwrap().to_owned();
    let run = |command: &[&str]| {
        let ended = limpid(&[&["labels"], command, &["--data", &data]].concat());
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{command:?}");
        ended.out
    };
    let (csv, toml) = files(&place, &everyone());
    let today = SystemClock.now().to_string();
    let import = ["import", &csv, "--attributes", &toml, "--collected", &today];
    assert_eq!(run(&import), "11 labels of 11 people taken\n");
    let listed = run(&["list"]);
    for line in [
        "area: kept for 30 days; from a questionnaire",
        "basis: legitimate interest",
        "5  town",
        "6  page-of-one",
        "special category health: 9(2)(a)",
    ] {
        assert!(listed.contains(line), "{listed}");
    }
    assert_eq!(run(&["erase", "--subject", "p-05"]), "1 labels erased\n");
    let listed = run(&["list"]);
    assert!(listed.contains("withheld  town") && listed.contains("withheld  page-of-one"), "{listed}");
    let again = run(&import);
    assert!(again.starts_with("0 labels of 10 people taken\n1 people were left out"), "{again}");
    assert_eq!(run(&["sweep"]), "0 labels deleted\n");
    assert_eq!(run(&["erase", "--attribute", "area"]), "10 labels erased\n");
    assert!(run(&["list"]).starts_with("no labels are held"));

    let wrong = format!("{}p-05,elsewhere\n", everyone());
    fs::write(&csv, wrong).unwrap();
    assert_fails(
        &[&["labels"], &import[..], &["--data", &data]].concat(),
        &["labels.csv: line 13: area: is none of its declared values"],
    );
    assert_fails(
        &["labels", "list", "--labels", "/nowhere", "--data", &data],
        &["--labels /nowhere: there are no labels"],
    );
    assert_fails(
        &["labels", "erase", "--attribute", "none", "--data", &data],
        &["attribute: no label is kept of it"],
    );
    let entries = Trail::to_read(&place.data()).unwrap().entries().unwrap();
    let told = |call: &str, outcome: &str| {
        entries.iter().filter(|entry| entry.call == call && entry.outcome == outcome).count()
    };
    assert_eq!(
        (told("labels import", "asked"), told("labels import", "OK"), told("labels import", "FAILED")),
        (3, 2, 1)
    );
    assert_eq!((told("labels erase", "OK"), told("labels erase", "FAILED")), (2, 1));
    assert!(entries.iter().all(|entry| entry.role == "operator" && !format!("{entry:?}").contains("p-05")));
}

#[tokio::test]
async fn whoever_was_erased_from_the_service_is_not_imported() {
    let service = Service::start().await;
    erase(&service, token("p-05")).await.unwrap();
    assert!(!service.place().labels().join(LABEL_FILE_NAME).exists(), "nothing is made where nothing was");
    let place = service.stop().await;
    let data = place.data().to_str().unwrap().to_owned();
    let (csv, toml) = files(&place, &everyone());
    fs::write(&toml, DECLARED.replace("= 30", "= 3650")).unwrap();
    let import = |collected: &str| {
        let command =
            ["labels", "import", &csv, "--attributes", &toml, "--collected", collected, "--data", &data];
        let ended = limpid(&command);
        assert_eq!(ended.code, 0, "{ended:?}");
        ended.out
    };
    let told = import(NOON);
    assert!(told.starts_with("10 labels of 10 people taken\n1 people were left out"), "{told}");
    let later = at(NOON).plus_seconds(1).to_string();
    assert_eq!(import(&later), "11 labels of 11 people taken\n");
}

#[tokio::test]
async fn a_copy_of_the_labels_that_is_put_back_has_everyone_but_whoever_was_erased_since() {
    let service = Service::start().await;
    import_at(&service, &everyone(), SystemClock.now().plus_days(-1));
    let folder = service.place().labels();
    let to = service.place().path().join("copies");
    let (to, data) = (to.to_str().unwrap().to_owned(), service.place().data().to_str().unwrap().to_owned());
    // While the service runs. The copy of the log says that labels are not in it.
    let told = limpid(&["backup", "--to", &to, "--data", &data]);
    assert!(
        told.out.ends_with("group labels are not in it: copy them with limpid labels backup\n"),
        "{told:?}"
    );
    let copied = limpid(&["labels", "backup", "--to", &to, "--data", &data]);
    assert_eq!((copied.code, copied.err.as_str()), (0, ""), "{copied:?}");
    let copy = copied.out.trim_end();
    erase(&service, token("p-05")).await.unwrap();
    let place = service.stop().await;

    // Keys and notes are kept elsewhere: with them a copy is worth something, and without them nothing.
    let elsewhere = place.path().join("elsewhere");
    let restore = ["labels", "restore", copy, "--labels", elsewhere.to_str().unwrap(), "--data", &data];
    assert_fails(&restore, &["has no label-keys.json; put it and erased-labels.txt back first"]);
    fs::create_dir(&elsewhere).unwrap();
    for name in [LABEL_KEY_FILE_NAME, LABEL_ERASED_FILE_NAME] {
        fs::copy(folder.join(name), elsewhere.join(name)).unwrap();
    }
    let ended = limpid(&restore);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    assert_eq!(ended.out, "10 labels; 1 erasures done again; 0 labels deleted, their time was over\n");
    assert_fails(&restore, &["has labels; move them away first"]);
    let store = LabelStore::open(&elsewhere).unwrap();
    assert!(store.held(&tenant(), "p-05").unwrap().is_empty());
    assert_eq!(store.held(&tenant(), "p-06").unwrap().len(), 1);
    let entries = Trail::to_read(&place.data()).unwrap().entries().unwrap();
    let told =
        |call: &str| entries.iter().filter(|entry| entry.call == call && entry.outcome == "OK").count();
    assert_eq!((told("labels backup"), told("labels restore")), (1, 1));
}
