use super::*;
use crate::data::{Column as Values, TableBuilder};
use crate::domain::Cell;
use crate::model::bin::{Binned, Bins};
use crate::model::known_truth::{FEATURES, KnownTruth};
use crate::model::link::probability;
use crate::model::{Model, NoProgress, metrics};

/// The wave is a context of its own; its values and those of the noise lie within bounds, the levels
/// are not declared.
fn known() -> Vec<KnownValues> {
    let numbers = |low: i32, high: i32| {
        KnownValues::Numbers((low * 10 + 1..high * 10).map(|tenth| f64::from(tenth) / 10.0).collect())
    };
    vec![numbers(-3, 3), numbers(0, 10), KnownValues::AnyLevels, numbers(0, 1)]
}

fn params(epsilon: f64, rows_per_person_max: u32) -> ValidPrivateParams {
    PrivateParams { rows_per_person_max, ..PrivateParams::new(epsilon, 1e-6) }.check().unwrap()
}

/// The rows, each of another person.
fn strangers(rows: usize, seed: u64) -> KnownTruth {
    let person = (0..u32::try_from(rows).unwrap()).collect();
    KnownTruth { person, ..KnownTruth::draw(rows, seed) }
}

fn fit_on(
    rows: &FitData<'_>,
    contextual: &[FeatureId],
    known: &[KnownValues],
    params: &ValidPrivateParams,
    seed: u64,
) -> Result<PrivateFit, FitError> {
    let task = PrivateTask { rows: *rows, known, contextual, withheld: &[] };
    fit_private(&task, params, &mut Noise::seeded(seed), &NoProgress)
}

fn fitted(
    truth: &KnownTruth,
    contextual: &[FeatureId],
    params: &ValidPrivateParams,
    seed: u64,
) -> PrivateFit {
    fit_on(&truth.data(&FEATURES), contextual, &known(), params, seed).unwrap()
}

fn auc(model: &AdditiveModel, truth: &KnownTruth) -> f64 {
    metrics::auc(&Model::Additive(model.clone()).scores(&truth.table, &[]), &truth.outcome).unwrap()
}

/// The AUC of the truth itself.
fn auc_of_truth(truth: &KnownTruth) -> f64 {
    let score = |row: usize| truth.contributions.iter().map(|of| of[row]).sum::<f64>();
    let scores: Vec<Nats> = (0..truth.outcome.len()).map(|row| Nats::from_f64(score(row))).collect();
    metrics::auc(&scores, &truth.outcome).unwrap()
}

#[test]
fn at_epsilon_1_most_of_the_truth_is_found_and_without_noise_all_of_it() {
    let (truth, later) = (strangers(20_000, 31), strangers(20_000, 32));
    let best = auc_of_truth(&later);
    let of = |epsilon| auc(&fitted(&truth, &FEATURES, &params(epsilon, 1), 1).full, &later);
    let [strict, usual, loose] = [0.05, 1.0, 20.0].map(of);
    assert!(best - loose < 0.006, "{loose} of {best}");
    assert!(best - usual < 0.02, "{usual} of {best}");
    // And the noise is there: a strict promise costs what it must.
    assert!(best - strict > 0.02, "{strict} of {best}");
}

#[test]
fn the_mean_probability_is_about_the_base_rate() {
    let truth = strangers(20_000, 33);
    let model = Model::Additive(fitted(&truth, &FEATURES, &params(1.0, 1), 2).full);
    let scores = model.scores(&truth.table, &[]);
    let mean = scores.iter().map(|score| probability(score.to_f64())).sum::<f64>() / 20_000.0;
    let share = truth.outcome.iter().filter(|happened| **happened).count() as f64 / 20_000.0;
    assert!((mean / share - 1.0).abs() < 0.05, "{mean} for {share}");
}

#[test]
fn both_profiles_are_fitted_under_one_promise() {
    let (truth, later) = (strangers(20_000, 34), strangers(10_000, 35));
    let fit = fitted(&truth, &FEATURES[2..], &params(2.0, 1), 3);
    let features = |model: &AdditiveModel| model.shapes().iter().map(|s| s.feature).collect::<Vec<_>>();
    assert_eq!(features(&fit.contextual), FEATURES[2..]);
    assert_eq!(features(&fit.full), FEATURES);
    // 5 histograms of counts; a round takes 3 steps of the one profile and 5 of the other.
    assert_eq!((fit.guarantee.count_releases, fit.guarantee.gradient_releases), (5, 40 * 8));
    let [contextual, full] = [&fit.contextual, &fit.full].map(|model| auc(model, &later));
    assert!(contextual > 0.55 && full > contextual + 0.05, "{contextual} {full}");
    // A profile without features has the base rate.
    let none = fitted(&truth, &[], &params(2.0, 1), 4);
    assert!(none.contextual.shapes().is_empty());
    let share = none.positives as f64 / none.rows as f64;
    assert!((probability(none.contextual.intercept().to_f64()) - share).abs() < 0.02);
    assert_eq!(none.guarantee.gradient_releases, 40 * 6);
}

#[test]
fn each_set_that_can_be_withheld_takes_its_looks_once() {
    let truth = strangers(4_000, 43);
    // Sets that differ by what is not learned from are one.
    let sets = [vec![FEATURES[1], FEATURES[0]], vec![FEATURES[0]], vec![FEATURES[0], FeatureId(9)], vec![]];
    let fit = |withheld: &[Vec<FeatureId>]| {
        let task =
            PrivateTask { rows: truth.data(&FEATURES), known: &known(), contextual: &FEATURES, withheld };
        fit_private(&task, &params(1.0, 1), &mut Noise::seeded(1), &NoProgress)
    };
    let fitted = fit(&sets).unwrap();
    let told: Vec<_> = fitted.offsets.iter().map(|known| known.features.clone()).collect();
    assert_eq!(told, [vec![FEATURES[0]], vec![FEATURES[0], FEATURES[1]]]);
    assert_eq!(fitted.guarantee.gradient_releases, 40 * 5 + 2 * 2);
    let many: Vec<Vec<FeatureId>> =
        (1..16_u16).map(|mask| (0..4).filter(|bit| mask >> bit & 1 == 1).map(FeatureId).collect()).collect();
    assert_eq!(fit(&many).unwrap().offsets.len(), 15);
}

#[test]
fn the_releases_that_are_stated_cost_what_is_promised() {
    let truth = KnownTruth::draw(4_000, 36);
    for (epsilon, rows_max) in [(0.5, 1), (1.0, 3), (8.0, 4)] {
        let params = params(epsilon, rows_max);
        let told = fitted(&truth, &FEATURES, &params, 5).guarantee;
        let (rows, count, steps) = (f64::from(rows_max), told.count_releases, told.gradient_releases);
        let squared = |releases: u64, noise: f64| releases as f64 * (rows / noise) * (rows / noise);
        let mu = (squared(count, told.count_noise) + squared(steps, told.gradient_noise)).sqrt();
        assert!((mu / told.mu - 1.0).abs() < 1e-6, "{mu} {}", told.mu);
        let level_delta = params.delta * params.level_delta_share;
        assert!(accounting::delta_of(mu, epsilon) + level_delta <= params.delta);
        assert_eq!((told.epsilon, told.delta, told.rows_per_person_max), (epsilon, 1e-6, rows_max));
    }
}

#[test]
fn a_person_of_many_rows_weighs_no_more_than_the_promise_allows_for() {
    // One person has 5,000 of the 5,200 rows, all with the response.
    let mut cells = vec![Cell::Number(0.9); 5_000];
    cells.extend((0..200).map(|i| Cell::Number(f64::from(i % 10) / 10.0)));
    let mut builder = TableBuilder::default();
    builder.push(Values::numeric(cells));
    let table = builder.finish().unwrap();
    let outcome: Vec<bool> = (0..5_200).map(|row| row < 5_000).collect();
    let person: Vec<u32> = (0..5_200).map(|row: u32| row.saturating_sub(4_999)).collect();
    let data = FitData { table: &table, features: &FEATURES[..1], outcome: &outcome, person: &person };
    let fit = |rows_max| {
        let params = params(20.0, rows_max);
        fit_on(&data, &FEATURES[..1], &known()[3..], &params, 6).unwrap()
    };
    // 201 people, counted with noise.
    let noise = fit(1).guarantee.count_noise;
    assert!((fit(1).rows as f64 - 201.0).abs() < 5.0 * noise, "{}", fit(1).rows);
    assert!((fit(2).rows as f64 - 202.0).abs() < 10.0 * noise);
}

#[test]
fn no_figure_of_the_fit_is_that_of_the_rows() {
    let truth = strangers(6_000, 37);
    let fits = [7, 8].map(|seed| fitted(&truth, &FEATURES[1..], &params(1.0, 1), seed));
    // The same rows under other noise: whatever is equal was not moved by noise.
    let [one, other] = &fits;
    assert_ne!((one.rows, one.positives), (other.rows, other.positives));
    for (model, again) in [(&one.contextual, &other.contextual), (&one.full, &other.full)] {
        assert_ne!(model.intercept(), again.intercept());
        for shape in model.shapes() {
            let column = truth.table.column(shape.feature);
            let exact = Binned::encode(shape.bins.clone(), column, &truth.person, 1);
            let equal = |noisy: &[u32], exact: &[u32]| {
                noisy.iter().zip(exact).filter(|(noisy, exact)| noisy == exact && **noisy > 0).count()
            };
            // Noise of about 30 rows may hit upon 0 or the truth in a bin or two, not in all.
            let bins = shape.rows.iter().filter(|rows| **rows > 0).count();
            assert!(equal(&shape.rows, &exact.rows) * 4 <= bins.max(4), "{:?} {:?}", shape.rows, exact.rows);
            assert_eq!(shape.people, shape.rows);
            let same = again.shape(shape.feature).unwrap();
            assert!(shape.scores.iter().zip(&same.scores).all(|(a, b)| a != b || *a == Nats::ZERO));
        }
    }
}

#[test]
fn a_band_tells_how_far_the_noise_moves_a_score() {
    let truth = strangers(20_000, 38);
    let fits: Vec<PrivateFit> = (0..6).map(|seed| fitted(&truth, &FEATURES, &params(1.0, 1), seed)).collect();
    // Of declared cuts the bins differ between fits, of named levels they do not.
    let level = |fit: &PrivateFit, at: usize| fit.full.shapes()[2].scores[at].to_f64();
    let count = fits[0].full.shapes()[2].bins.count();
    assert!(fits.iter().all(|fit| fit.full.shapes()[2].bins == fits[0].full.shapes()[2].bins));
    for at in Bins::FIRST..count {
        let mean = fits.iter().map(|fit| level(fit, at)).sum::<f64>() / 6.0;
        let spread = fits.iter().map(|fit| (level(fit, at) - mean).abs()).fold(0.0, f64::max);
        let band = fits[0].full.shapes()[2].bands[at].to_f64();
        assert!(band > 0.0 && spread < 1.5 * band, "{spread} beside a band of {band}");
    }
}

#[test]
fn it_does_not_tell_whether_there_were_rows_of_both_outcomes() {
    let mut truth = strangers(500, 39);
    truth.outcome.fill(false);
    let fit = fitted(&truth, &FEATURES, &params(1.0, 1), 9);
    assert!(fit.full.intercept() < Nats::ZERO);
    let table = truth.table.select(&[]);
    let data = FitData { table: &table, features: &FEATURES, outcome: &[], person: &[] };
    let none = fit_on(&data, &FEATURES, &known(), &params(1.0, 1), 1);
    assert_eq!(none.unwrap().full.shapes().len(), 4);
}

#[test]
fn a_promise_that_may_fail_for_someone_is_refused() {
    let truth = strangers(4_000, 40);
    let refused = |delta| {
        let params = PrivateParams::new(4.0, delta).check().unwrap();
        fit_on(&truth.data(&FEATURES), &FEATURES, &known(), &params, 1)
    };
    let Err(FitError::Params(error)) = refused(1e-3) else { panic!("a delta of 1e-3 for 4,000 people") };
    assert_eq!(error.field, "delta");
    // The number that it tells is a noisy one.
    assert!(error.rule.starts_with("must be below 1 over the number of people, about "), "{error}");
    assert!(error.rule.ends_with(", is 0.001") && !error.rule.contains("about 4000,"), "{error}");
    assert!(refused(1e-4).is_ok());
}

#[test]
fn parts_that_do_not_fit_together_are_refused() {
    let truth = strangers(100, 41);
    let error = |contextual: &[FeatureId], known: &[KnownValues]| {
        let params = params(1.0, 1);
        let data = truth.data(&FEATURES);
        fit_on(&data, contextual, known, &params, 1).unwrap_err().to_string()
    };
    assert_eq!(error(&FEATURES, &known()[1..]), "known: must have 4 entries, has 3");
    let rule = "contextual: must be distinct features, in ascending order";
    assert_eq!(error(&[FEATURES[1], FEATURES[0]], &known()), rule);
    assert_eq!(error(&[FeatureId(9)], &known()), rule);
    let strict =
        PrivateParams { rows_per_person_max: 1_000, ..PrivateParams::new(0.01, 1e-9) }.check().unwrap();
    let data = truth.data(&FEATURES);
    let drowned = fit_on(&data, &FEATURES, &known(), &strict, 1);
    let Err(FitError::Params(error)) = drowned else { panic!("noise beyond what can be drawn") };
    assert_eq!(error.field, "epsilon");
}

#[test]
fn a_fit_that_is_cancelled_ends() {
    struct Stop;
    impl Progress for Stop {
        fn step(&self, _done: usize, _of: usize) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    let truth = strangers(200, 42);
    let data = truth.data(&FEATURES);
    let task = PrivateTask { rows: data, known: &known(), contextual: &FEATURES, withheld: &[] };
    let fit = fit_private(&task, &params(1.0, 1), &mut Noise::seeded(1), &Stop);
    assert_eq!(fit, Err(FitError::Cancelled));
}
