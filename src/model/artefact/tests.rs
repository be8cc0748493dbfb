use super::*;
use crate::domain::{Derivation, Localised, Origin, Provenance, Sensitivity, Timestamp};
use crate::model::additive::{AdditiveParams, Change, Stretch, fit, fit_from};
use crate::model::known_truth::{FEATURES, KnownTruth};
use crate::model::linear::LinearModel;
use crate::model::metrics::{Resamples, Scored, evaluate};
use crate::model::{Model, NoProgress};

fn schema() -> Vec<Feature> {
    let kinds = [FeatureKind::Numeric, FeatureKind::Numeric, FeatureKind::Categorical, FeatureKind::Numeric];
    let feature = |(kind, name): (FeatureKind, &str)| Feature {
        name: name.to_owned(),
        kind,
        declared: None,
        monotone: None,
        origin: Origin::Context,
        serving: Purposes::NONE,
        training: Purposes::NONE,
        data_category: String::new(),
        provenance: Provenance::FirstParty,
        derivation: Derivation::Observed,
        sensitivity: Sensitivity::Ordinary,
        controllable: false,
        retention_days: 0,
        datum: name.to_owned(),
        column: name.to_owned(),
        label: Localised::default(),
    };
    kinds.into_iter().zip(["wave", "count", "level", "noise"]).map(feature).collect()
}

fn artefact() -> Artefact {
    let truth = KnownTruth::draw(1_200, 21);
    let params = AdditiveParams { bags: 3, rounds_max: 30, learning_rate: 0.1, ..AdditiveParams::default() };
    let params = params.check().unwrap();
    let base = fit(&truth.data(&FEATURES[2..]), &params, &NoProgress).unwrap();
    let full = fit_from(&base, &truth.data(&FEATURES), &params, &NoProgress).unwrap();
    let sets = [FEATURES[..2].to_vec()];
    let profiled = Profiled::new(Model::Additive(base), Model::Additive(full), &truth.table, &sets).unwrap();
    let scores = profiled.model(Profile::Full).scores(&truth.table, &[]);
    let rows =
        Scored { scores: &scores, outcome: &truth.outcome, person: &truth.person, group: &truth.person };
    let evaluation = evaluate(rows, Resamples { count: 20, seed: 1 }).unwrap();
    let training = Training { purposes: Purposes::ALL, rows: 1_200, positives: 300, people: 300, span: None };
    let evaluations = vec![(Profile::Full, evaluation)];
    let schema = schema();
    let features = ("abc", schema.as_slice());
    Artefact::new("example", Response::Click, features, training, profiled, &truth.table, evaluations)
}

/// Stores bytes as a version of their own hash, as someone who forges one would.
fn forge(dir: &Path, bytes: &[u8]) -> ModelVersion {
    let version = ModelVersion::of(bytes);
    let folder = dir.join("example").join(version.as_str());
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(FILE), bytes).unwrap();
    version
}

#[test]
fn what_is_saved_is_loaded_to_the_unit() {
    let (dir, artefact) = (tempfile::tempdir().unwrap(), artefact());
    let version = artefact.save(dir.path()).unwrap();
    assert_eq!(version, artefact.version().unwrap());
    assert_eq!(load(dir.path(), "example", &version).unwrap(), artefact);
    assert_eq!(artefact.save(dir.path()).unwrap(), version);
    assert_eq!(list(dir.path(), "example").unwrap(), [version]);
    assert_eq!(list(dir.path(), "other").unwrap(), []);
    let left: Vec<_> = fs::read_dir(dir.path().join("example")).unwrap().collect();
    assert_eq!(left.len(), 1);
}

#[test]
fn the_bytes_are_the_same_at_any_number_of_threads() {
    let at = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| artefact().to_bytes().unwrap())
    };
    let one = at(1);
    for threads in [2, 3, 7] {
        assert!(at(threads) == one, "{threads} threads");
    }
}

#[test]
fn a_truncated_or_edited_file_is_refused_as_such() {
    let dir = tempfile::tempdir().unwrap();
    let version = artefact().save(dir.path()).unwrap();
    let path = dir.path().join("example").join(version.as_str()).join(FILE);
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let message = load(dir.path(), "example", &version).unwrap_err().to_string();
    let end = format!("is truncated: it ends after {} bytes in the middle of the JSON", bytes.len() / 2);
    assert!(message.ends_with(&end), "{message}");
    let text = String::from_utf8(bytes).unwrap().replacen("1200", "1201", 1);
    fs::write(&path, &text).unwrap();
    let message = load(dir.path(), "example", &version).unwrap_err().to_string();
    let found = ModelVersion::of(text.as_bytes());
    assert!(
        message.ends_with(&format!("was changed: its content hash is {found}, not {version}")),
        "{message}"
    );
}

#[test]
fn an_artefact_of_another_build_is_refused_by_what_is_unknown() {
    let (dir, artefact) = (tempfile::tempdir().unwrap(), artefact());
    let changed = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut json = serde_json::to_value(&artefact).unwrap();
        change(&mut json);
        let version = forge(dir.path(), json.to_string().as_bytes());
        load(dir.path(), "example", &version).unwrap_err().to_string()
    };
    assert_eq!(
        changed(&|json| json["format_version"] = 2.into()),
        "artefact has format version 2, this build reads 1"
    );
    assert_eq!(
        changed(&|json| json["kind"] = "forest".into()),
        "artefact has model kind \"forest\", this build knows linear, tree and additive"
    );
    assert_eq!(
        changed(&|json| json["kind"] = "tree".into()),
        "artefact is not valid: the contextual model is not of the stated kind"
    );
    assert_eq!(
        changed(&|json| drop(json["features"].as_array_mut().unwrap().pop())),
        "artefact is not valid: features are not those that the models use"
    );
    assert_eq!(
        changed(&|json| drop(json["profiled"]["full"]["shapes"][0]["scores"].as_array_mut().unwrap().pop()))
            .split(',')
            .next(),
        Some("artefact is not valid: shapes[0].scores: must have 241 entries")
    );
    assert_eq!(
        changed(&|json| json["x"] = 1.into()).split(',').next(),
        Some("artefact is not valid: unknown field `x`")
    );
}

#[test]
fn an_unknown_version_and_a_name_that_leads_elsewhere_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let version = ModelVersion::of(b"");
    assert_eq!(
        load(dir.path(), "example", &version).unwrap_err().to_string(),
        format!("model example has no version {version}")
    );
    let message = load(dir.path(), "../secret", &version).unwrap_err().to_string();
    assert!(message.starts_with("model name \"../secret\" must be"), "{message}");
    assert!(matches!(list(dir.path(), ".."), Err(ArtefactError::Name(_))));
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("models");
    fs::write(&file, "not a folder").unwrap();
    let message = artefact().save(&file).unwrap_err().to_string();
    let start = format!("cannot write {}", file.join("example").display());
    assert!(message.starts_with(&start) && message.contains("Not a directory"), "{message}");
}

#[test]
fn another_schema_is_refused_by_the_feature_that_would_be_misread() {
    let artefact = artefact();
    let mut features = schema();
    assert!(artefact.check_schema("abc", &features).is_ok());
    let message = |features: &[Feature]| artefact.check_schema("def", features).unwrap_err().to_string();
    let start = "artefact was trained under schema abc, the schema is def: ";
    assert_eq!(message(&features), format!("{start}its features are the same, other parts differ"));
    assert_eq!(message(&features[..3]), format!("{start}feature noise is no longer there"));
    features[1].kind = FeatureKind::Flag;
    assert_eq!(message(&features), format!("{start}feature count is now of another kind"));
    features[0].name = "tide".to_owned();
    assert_eq!(message(&features), format!("{start}feature wave is now tide"));
}

/// A wish to change some bins of the first feature.
fn wish(change: Change) -> EditRequest {
    EditRequest {
        profile: None,
        stretch: Stretch::Bins { feature: FEATURES[0], first: 4, last: 9 },
        change,
        who: " pricing analyst ".to_owned(),
        why: "the wave is an artefact of the season".to_owned(),
        at: Timestamp::from_micros(1_504_519_200_000_000),
    }
}

#[test]
fn an_edit_is_another_version_that_says_who_when_and_why() {
    let before = artefact();
    let after = before.edit(&wish(Change::Set(0.5))).unwrap();
    assert_ne!(after.version().unwrap(), before.version().unwrap());
    let [edit] = &after.edits[..] else { panic!("one edit was made") };
    assert_eq!(edit.of, before.version().unwrap());
    assert_eq!(
        (edit.who.as_str(), edit.why.as_str()),
        ("pricing analyst", "the wave is an artefact of the season")
    );
    assert_eq!(edit.at.to_string(), "2017-09-04T10:00:00Z");
    assert_eq!(edit.profiles.len(), 1, "the contextual model does not know the wave");
    assert!(after.evaluations.is_empty() && !edit.evaluations.is_empty());
    assert_ne!(after.importances(Profile::Full)[0], before.importances(Profile::Full)[0]);
    assert_eq!(after.importances(Profile::Full)[1..], before.importances(Profile::Full)[1..]);
    let again = Artefact::from_bytes(&after.to_bytes().unwrap()).unwrap();
    assert_eq!(again, after);
}

#[test]
fn undoing_edits_gives_back_the_very_bytes() {
    let first = artefact();
    let second = first.edit(&wish(Change::Set(0.25))).unwrap();
    let level = Stretch::Levels { feature: FEATURES[2], names: vec!["level 3".to_owned()] };
    let third = second.edit(&EditRequest { stretch: level, ..wish(Change::Set(-1.0)) }).unwrap();
    assert_eq!(third.edits[1].profiles.len(), 2, "both models know the level");
    let stored = Artefact::from_bytes(&third.to_bytes().unwrap()).unwrap();
    let back = stored.undo().unwrap();
    assert!(back.to_bytes().unwrap() == second.to_bytes().unwrap());
    assert!(back.undo().unwrap().to_bytes().unwrap() == first.to_bytes().unwrap());
    assert_eq!(first.undo().unwrap_err().to_string(), "there is no edit to undo");
    let mut forged = third;
    forged.edits[1].profiles[0].before.intercept += crate::domain::Nats::from_units(1);
    let message = forged.undo().unwrap_err().to_string();
    assert_eq!(
        message,
        format!("undoing its last edit does not give version {}", second.version().unwrap().short())
    );
}

#[test]
fn an_edit_of_one_profile_leaves_the_other_as_it_is() {
    let before = artefact();
    let level = Stretch::Levels { feature: FEATURES[2], names: vec!["level 3".to_owned()] };
    let request =
        EditRequest { profile: Some(Profile::Contextual), stretch: level, ..wish(Change::Set(-1.0)) };
    let after = before.edit(&request).unwrap();
    assert_eq!(after.profiled.model(Profile::Full), before.profiled.model(Profile::Full));
    assert_ne!(after.profiled.model(Profile::Contextual), before.profiled.model(Profile::Contextual));
}

#[test]
fn an_edit_without_a_reason_or_of_another_kind_of_model_is_refused() {
    let artefact = artefact();
    let message = |request: EditRequest| artefact.edit(&request).unwrap_err().to_string();
    let set = || wish(Change::Set(0.5));
    assert_eq!(
        message(EditRequest { why: " \n".to_owned(), ..set() }),
        "why: must have 1 to 1000 characters"
    );
    assert_eq!(message(EditRequest { who: String::new(), ..set() }), "who: must have 1 to 100 characters");
    assert_eq!(message(EditRequest { who: "a".repeat(101), ..set() }), "who: must have 1 to 100 characters");
    assert_eq!(
        message(EditRequest { why: "a\u{7}".to_owned(), ..set() }),
        "why: must not have control characters"
    );
    let contextual = EditRequest { profile: Some(Profile::Contextual), ..set() };
    assert_eq!(message(contextual), "feature: the model has no term of it");
    let unknown = Stretch::Bins { feature: FeatureId(9), first: 2, last: 3 };
    assert_eq!(message(EditRequest { stretch: unknown, ..set() }), "feature: the model has no term of it");

    let truth = KnownTruth::draw(10, 1);
    let constant = Model::Linear(LinearModel::new(crate::domain::Nats::ZERO, Vec::new()).unwrap());
    let profiled = Profiled::new(constant.clone(), constant, &truth.table, &[]).unwrap();
    let linear = Artefact { kind: ModelKind::Linear, profiled, features: Vec::new(), ..artefact };
    let message = linear.edit(&set()).unwrap_err().to_string();
    assert_eq!(message, "only additive models can be edited, this one is linear");
}
