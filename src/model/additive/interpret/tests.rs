use super::*;
use crate::domain::Purposes;
use crate::model::link::probability;
use proptest::prelude::*;
use serde_json::{Value, json};

const REFERENCE: &str = include_str!("../../../../tests/data/reference/ebm_reference.json");
const WRITTEN: &str = include_str!("../../../../tests/data/reference/interpret_to_json.json");
/// Breaks a file.
type Change = fn(&mut Value);

/// One unit.
const UNIT: f64 = 1.0 / Nats::UNITS_PER_NAT;

fn feature(name: &str, kind: FeatureKind) -> Feature {
    Feature { kind, serving: Purposes::NONE, ..Feature::retired(name) }
}

/// The figures of a peer: rows with what each term adds, and what that makes.
struct Expected {
    model: InterpretModel,
    /// Cells in the order of the schema.
    rows: Vec<Vec<Value>>,
    /// By row, in the order of the file's terms.
    contributions: Vec<Vec<f64>>,
    /// The features of the file's terms, ascending.
    terms: Vec<Vec<u16>>,
    scores: Vec<f64>,
    probabilities: Vec<f64>,
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|number| number.as_f64().unwrap()).collect()
}

fn lists(value: &Value) -> Vec<Vec<f64>> {
    value.as_array().unwrap().iter().map(numbers).collect()
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect()
}

/// The reference of Adult, whose form is its own, written as `to_json` would.
fn adult() -> Expected {
    let file: Value = serde_json::from_str(REFERENCE).unwrap();
    let names = texts(&file["feature_names"]);
    let types = texts(&file["feature_types"]);
    let feature_of = |i: usize| {
        let resolutions = file["bins"][i].as_array().unwrap();
        if types[i] == "continuous" {
            return json!({"name": names[i], "type": "continuous", "cuts": resolutions});
        }
        let in_order = |bins: &Value| {
            let mut order: Vec<(u64, &String)> =
                bins.as_object().unwrap().iter().map(|(name, bin)| (bin.as_u64().unwrap(), name)).collect();
            order.sort_unstable();
            order.into_iter().map(|(_, name)| name.clone()).collect::<Vec<_>>()
        };
        let categories: Vec<_> = resolutions.iter().map(in_order).collect();
        json!({"name": names[i], "type": "nominal", "categories": categories})
    };
    let term_of = |t: usize| {
        let features = file["term_features"][t].as_array().unwrap();
        let features: Vec<&str> =
            features.iter().map(|i| names[usize::try_from(i.as_u64().unwrap()).unwrap()]).collect();
        json!({
            "term_features": features,
            "scores": file["term_scores"][t],
            "bin_weights": file["bin_weights"][t],
        })
    };
    let written = json!({"version": "1.0", "ebm": {
        "outputs": [{"task": "classification", "classes": [0, 1], "link": "logit"}],
        "intercept": [file["intercept"]],
        "features": (0..names.len()).map(feature_of).collect::<Vec<_>>(),
        "terms": (0..file["term_features"].as_array().unwrap().len()).map(term_of).collect::<Vec<_>>(),
    }});
    let kind = |text: &str| match text {
        "continuous" => FeatureKind::Numeric,
        _ => FeatureKind::Categorical,
    };
    let schema: Vec<Feature> =
        names.iter().zip(&types).map(|(name, text)| feature(name, kind(text))).collect();
    let rows = file["rows"].as_array().unwrap();
    let terms = lists(&file["term_features"]).into_iter().map(|term| {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small whole numbers")]
        let ids = term.into_iter().map(|i| i as u16).collect();
        ids
    });
    Expected {
        model: InterpretModel::parse(written.to_string().as_bytes(), &schema).unwrap(),
        rows: rows.iter().map(|row| names.iter().map(|name| row[name].clone()).collect()).collect(),
        contributions: lists(&file["contributions"]),
        terms: terms.collect(),
        scores: numbers(&file["decision_function"]),
        probabilities: numbers(&file["predict_proba_1"]),
    }
}

fn shop_schema() -> Vec<Feature> {
    let kinds = [
        ("hours", FeatureKind::Numeric),
        ("age", FeatureKind::Numeric),
        ("place", FeatureKind::Categorical),
        ("size", FeatureKind::Categorical),
        ("member", FeatureKind::Flag),
    ];
    kinds.into_iter().map(|(name, kind)| feature(name, kind)).collect()
}

fn shop_file() -> Value {
    serde_json::from_str(WRITTEN).unwrap()
}

/// What `to_jsonable` wrote, as it is.
fn shop() -> Expected {
    let file = shop_file();
    Expected {
        model: InterpretModel::parse(file["model"].to_string().as_bytes(), &shop_schema()).unwrap(),
        rows: file["rows"].as_array().unwrap().iter().map(|row| row.as_array().unwrap().clone()).collect(),
        contributions: lists(&file["contributions"]),
        terms: [&[1][..], &[2], &[3], &[4], &[0, 1], &[0, 2], &[1, 4]].map(<[u16]>::to_vec).to_vec(),
        scores: numbers(&file["scores"]),
        probabilities: numbers(&file["probabilities"]),
    }
}

fn cells(row: &[Value]) -> Vec<Cell<'_>> {
    let cell = |value| match value {
        &Value::Null => Cell::Missing,
        Value::Bool(flag) => Cell::Number(f64::from(u8::from(*flag))),
        Value::String(name) => Cell::Category(name),
        number => Cell::Number(number.as_f64().unwrap()),
    };
    row.iter().map(cell).collect()
}

fn score(model: &AdditiveModel, row: &[Cell<'_>]) -> f64 {
    let mut contributions = vec![Nats::ZERO; model.terms().len()];
    model.attribute(row, &mut contributions);
    (model.intercept() + contributions.into_iter().sum()).to_f64()
}

/// The features of each term of ours.
fn ours(model: &AdditiveModel) -> Vec<Vec<u16>> {
    let mains = model.shapes().iter().map(|shape| vec![shape.feature.0]);
    mains.chain(model.pairs().iter().map(|pair| pair.features.map(|feature| feature.0).to_vec())).collect()
}

#[test]
fn contributions_and_scores_of_the_peer_are_reproduced() {
    for expected in [adult(), shop()] {
        let (model, raw) = (&expected.model, expected.model.raw().unwrap());
        let terms = ours(&raw);
        let mut worst = (0.0_f64, 0.0_f64);
        for (i, row) in expected.rows.iter().enumerate() {
            let row = cells(row);
            let doubles = model.attribute(&row);
            let mut units = vec![Nats::ZERO; terms.len()];
            raw.attribute(&row, &mut units);
            for (term, features) in terms.iter().enumerate() {
                let at = expected.terms.iter().position(|known| known == features);
                let contribution = at.map_or(0.0, |at| expected.contributions[i][at]);
                worst.0 = worst.0.max((doubles[term] - contribution).abs());
                worst.1 = worst.1.max((units[term].to_f64() - doubles[term]).abs());
            }
            let sum = model.intercept() + doubles.iter().sum::<f64>();
            assert!((sum - expected.scores[i]).abs() < 1e-12, "row {i}");
            assert!((probability(sum) - expected.probabilities[i]).abs() < 1e-12, "row {i}");
        }
        assert!(worst.0 < 1e-12, "{}", worst.0);
        assert!(worst.1 <= UNIT / 2.0, "{}", worst.1);
        assert_eq!(
            terms.len(),
            expected.terms.len() + usize::from(!terms.iter().all(|t| expected.terms.contains(t)))
        );
        assert!((raw.intercept().to_f64() - model.intercept()).abs() <= UNIT / 2.0);
    }
}

#[test]
fn a_model_as_it_came_says_that_its_pairs_are_not_purified_and_survives_storage() {
    let raw = adult().model.raw().unwrap();
    let features = raw.pairs().iter().map(|pair| pair.features).collect::<Vec<_>>();
    assert_eq!(raw.unpurified_pairs(), features);
    let stored = serde_json::to_value(&raw).unwrap();
    assert_eq!(stored["unpurified"], json!([[0, 7], [3, 8], [3, 9], [5, 8]]));
    assert_eq!(serde_json::from_value::<AdditiveModel>(stored.clone()).unwrap(), raw);
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut stored = stored.clone();
        change(&mut stored);
        serde_json::from_value::<AdditiveModel>(stored).unwrap_err().to_string()
    };
    assert_eq!(
        refused(&|stored| drop(stored.as_object_mut().unwrap().remove("unpurified"))),
        "pairs[0].scores: must be purified: every slice has a mean of 0"
    );
    assert_eq!(
        refused(&|stored| stored["unpurified"] = json!([[0, 7], [3, 8], [3, 9], [5, 8], [6, 8]])),
        "unpurified: must be distinct pairs of the model, ascending"
    );
}

#[test]
fn purified_pairs_leave_every_score_as_it_was() {
    for expected in [adult(), shop()] {
        let (raw, pure) = (expected.model.raw().unwrap(), expected.model.purified().unwrap());
        assert!(pure.unpurified_pairs().is_empty() && pure.pairs().len() == raw.pairs().len());
        for (i, row) in expected.rows.iter().enumerate() {
            let row = cells(row);
            assert_eq!(score(&pure, &row), score(&raw, &row), "row {i}");
            assert!((score(&pure, &row) - expected.scores[i]).abs() < 1e-9, "row {i}");
        }
        assert!(raw.pairs().iter().zip(pure.pairs()).any(|(raw, pure)| raw.scores != pure.scores));
    }
}

#[test]
fn rows_come_from_weights_and_people_are_not_made_up() {
    let expected = shop();
    assert_eq!(expected.model.rows(), 900);
    let raw = expected.model.raw().unwrap();
    for (rows, people) in raw
        .shapes()
        .iter()
        .map(|shape| (&shape.rows, &shape.people))
        .chain(raw.pairs().iter().map(|pair| (&pair.rows, &pair.people)))
    {
        assert_eq!(rows.iter().sum::<u32>(), 900);
        assert!(people.iter().all(|&people| people == 0));
    }
    // The feature without a term of its own has one of 0.
    assert!(raw.shapes()[0].scores.iter().all(|&score| score == Nats::ZERO));
    let band = raw.shape(FeatureId(2)).unwrap().bands[0].to_f64();
    assert!((band - 1.96 * 0.108_861_068_149_980_57).abs() < UNIT, "{band}");
}

#[test]
fn categories_that_share_a_bin_share_its_score_and_its_rows() {
    let mut file = shop_file()["model"].clone();
    file["ebm"]["features"][2]["categories"] = json!([[["east", "centre"], "north", "south", "west"]]);
    let model = InterpretModel::parse(file.to_string().as_bytes(), &shop_schema()).unwrap().raw().unwrap();
    let place = model.shape(FeatureId(2)).unwrap();
    let Bins::Levels(names) = &place.bins else { panic!("categories have names") };
    assert_eq!(names, &["centre", "east", "north", "south", "west"]);
    assert_eq!((place.scores[2], place.rows[2], place.rows[3]), (place.scores[3], 93, 93));
    assert_eq!(place.rows.iter().sum::<u32>(), 900);
}

#[test]
fn a_file_that_does_not_fit_is_refused_by_its_path_and_rule() {
    let refused = |change: &dyn Fn(&mut Value)| {
        let mut file = shop_file()["model"].clone();
        change(&mut file);
        InterpretModel::parse(file.to_string().as_bytes(), &shop_schema()).unwrap_err().to_string()
    };
    let ebm = |change: Change| refused(&|file| change(&mut file["ebm"]));
    let cases: [(Change, &str); 27] = [
        (
            |e| e["features"][1]["name"] = json!("shoe"),
            "ebm.features[1].name: the schema has no feature or column \"shoe\"",
        ),
        (
            |e| e["features"][1]["name"] = json!("hours"),
            "ebm.features[1].name: \"hours\" and \"hours\" are the same feature of the schema",
        ),
        (
            |e| e["features"][1]["type"] = json!("nominal"),
            "ebm.features[1].type: the schema has feature age as another kind",
        ),
        (
            |e| e["features"][1]["type"] = json!("odd"),
            "ebm.features[1].type: must be continuous, nominal or ordinal",
        ),
        (
            |e| e["features"][1]["cuts"] = json!([]),
            "ebm.features[1].cuts: must have the bins of one resolution at least",
        ),
        (
            |e| e["features"][1]["cuts"][1] = json!([2.0, 1.0]),
            "ebm.features[1].cuts[1]: must be distinct and ascending",
        ),
        (
            |e| e["features"][1]["cuts"][1][2] = json!("+inf"),
            "ebm.features[1].cuts[1][2]: must be a finite number",
        ),
        (
            |e| e["features"][2]["categories"][0][1] = json!("east"),
            "ebm.features[2].categories[0]: must be distinct and ascending",
        ),
        (
            |e| e["features"][2]["categories"][0][1] = json!(7),
            "ebm.features[2].categories[0][1]: must be text",
        ),
        (
            |e| e["features"][4]["categories"][0][1] = json!("yes"),
            "ebm.features[4].categories[0]: must be 0 and 1, False and True or false and true: it is a flag",
        ),
        (
            |e| e["terms"][0]["term_features"] = json!(["age", "place", "size"]),
            "ebm.terms[0].term_features: must be one or two, are 3",
        ),
        (
            |e| e["terms"][0]["term_features"] = json!([]),
            "ebm.terms[0].term_features: must be one or two, are 0",
        ),
        (
            |e| e["terms"][4]["term_features"] = json!(["age", "age"]),
            "ebm.terms[4].term_features: must be distinct",
        ),
        (
            |e| e["terms"][0]["term_features"] = json!(["shoe"]),
            "ebm.terms[0].term_features[0]: \"shoe\" is not a feature of the file",
        ),
        (
            |e| e["terms"][1] = e["terms"][0].clone(),
            "ebm.terms[1].term_features: must not be those of another term",
        ),
        (
            |e| drop(e["terms"][0]["scores"].as_array_mut().unwrap().pop()),
            "ebm.terms[0].scores: must have 24 entries, has 23",
        ),
        (
            |e| drop(e["terms"][4]["bin_weights"][3].as_array_mut().unwrap().pop()),
            "ebm.terms[4].bin_weights[3]: must have 7 entries, has 6",
        ),
        (|e| e["terms"][0]["scores"][3] = json!("nan"), "ebm.terms[0].scores[3]: must be a finite number"),
        (
            |e| e["terms"][4]["scores"][3][2] = json!("-inf"),
            "ebm.terms[4].scores[3][2]: must be a finite number",
        ),
        (|e| e["terms"][0]["scores"][3] = json!(1e9), "ebm.terms[0].scores: must be from -1000 to 1000"),
        (
            |e| e["terms"][0]["scores"][3] = json!([0.1, 0.2, 0.3]),
            "ebm.terms[0].scores[3]: must be one number: a model of two classes has one score a bin",
        ),
        (
            |e| e["terms"][0]["bin_weights"][3] = json!(-1.0),
            "ebm.terms[0].bin_weights: must be from 0 to 4294967295",
        ),
        (
            |e| drop(e["terms"][0].as_object_mut().unwrap().remove("bin_weights")),
            "ebm.terms[0].bin_weights: is missing: export with detail \"interpretable\", \"mergeable\" or \"all\"",
        ),
        (|e| e["outputs"][0]["classes"] = json!([0, 1, 2]), "ebm.outputs[0].classes: must be two, are 3"),
        (
            |e| e["outputs"][0]["task"] = json!("regression"),
            "ebm.outputs[0].task: must be classification: Limpid predicts whether a response happens",
        ),
        (
            |e| e["intercept"] = json!([0.1, 0.2]),
            "ebm.intercept: must be one number: a model of two classes has one score",
        ),
        (|e| e["intercept"] = json!([1e6]), "ebm.intercept: must be from -1000 to 1000"),
    ];
    for (change, message) in cases {
        assert_eq!(ebm(change), message);
    }
    assert_eq!(refused(&|file| *file = json!([])), "file: must be an object");
    assert_eq!(refused(&|file| *file = json!({"version": "1.0"})), "ebm: is missing");
    assert_eq!(refused(&|file| file["version"] = json!("2.0")), "version: must be 1.0");
    let cut = InterpretModel::parse(b"{\"version\": ", &[]).unwrap_err();
    assert_eq!(cut.field, "file");
    assert!(cut.rule.starts_with("must be JSON: EOF while parsing"), "{cut}");
}

/// The paths of all values in a file.
fn pointers(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, item)| pointers(item, &format!("{at}/{i}"), found));
        }
        Value::Object(fields) => {
            fields.iter().for_each(|(key, field)| pointers(field, &format!("{at}/{key}"), found));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

proptest! {
    #[test]
    fn whatever_is_in_a_file_it_is_read_or_refused_by_its_field(
        at in any::<proptest::sample::Index>(),
        with in proptest::sample::select(vec![
            json!(null), json!(true), json!(-1), json!(0), json!(1e308), json!("nan"), json!("0"), json!([]),
            json!({}), json!([[1.0]]), json!([0.5]), json!(["a", "a"]), json!([[], []]),
        ]),
    ) {
        let mut file = shop_file()["model"].clone();
        let mut places = Vec::new();
        pointers(&file, "", &mut places);
        let place: &String = at.get(&places);
        *file.pointer_mut(place).unwrap() = with;
        match InterpretModel::parse(file.to_string().as_bytes(), &shop_schema()) {
            Ok(model) => {
                let (raw, pure) = (model.raw().unwrap(), model.purified().unwrap());
                prop_assert_eq!(raw.terms(), pure.terms());
            }
            Err(error) => {
                let root = error.field.split('.').next().unwrap();
                prop_assert!(["file", "version", "ebm"].contains(&root), "{}", error);
            }
        }
    }
}
