use super::*;

fn nats(scores: &[f64]) -> Vec<Nats> {
    scores.iter().map(|&score| Nats::from_f64(score)).collect()
}

const T: bool = true;
const F: bool = false;

#[test]
fn auc_counts_pairs_and_ties_as_half() {
    // Positives at 2 and 1, negatives at 1 and 0: of four pairs three are right, one is tied.
    assert_eq!(auc(&nats(&[2.0, 1.0, 1.0, 0.0]), &[T, T, F, F]), Some(3.5 / 4.0));
    assert_eq!(auc(&nats(&[0.0, 1.0]), &[T, F]), Some(0.0));
    assert_eq!(auc(&nats(&[0.0, 1.0]), &[T, T]), None);
}

#[test]
fn within_groups_only_pairs_of_one_group_count() {
    // Group 7 ranks its one pair wrongly; group 3 ranks two pairs of two rightly; across
    // groups everything would be wrong.
    let scores = nats(&[9.0, 8.0, 3.0, 2.0, 1.0]);
    let outcome = [F, T, T, F, F];
    let group = [7, 7, 3, 3, 3];
    assert_eq!(auc_within_group(&scores, &outcome, &group), Some(2.0 / 3.0));
    assert_eq!(auc_group_mean(&scores, &outcome, &group), Some(0.5));
    assert_eq!(auc_within_group(&scores, &outcome, &[0, 1, 2, 3, 4]), None);
}

#[test]
fn log_loss_is_the_mean_of_minus_log_probability() {
    // Probabilities 1/2 and 3/4.
    let scores = nats(&[0.0, libm::log(3.0)]);
    let expected = f64::midpoint(libm::log(2.0), libm::log(4.0));
    assert!((log_loss(&scores, &[T, F]).unwrap() - expected).abs() < 1e-9);
    assert_eq!(log_loss(&[], &[]), None);
}

#[test]
fn reliability_groups_rows_by_rising_probability() {
    let table = reliability(&[0.9, 0.1, 0.2, 0.7], &[T, F, T, T], &[0, 1, 1, 1], 2);
    let bin = |predicted, observed, people| ReliabilityBin { rows: 2, predicted, observed, people };
    assert_eq!(table, [bin(f64::midpoint(0.1, 0.2), 0.5, 1), bin(f64::midpoint(0.7, 0.9), 1.0, 2)]);
    assert_eq!(reliability(&[0.5], &[T], &[0], 10).len(), 1);
}

#[test]
fn a_resample_with_weights_is_the_rows_repeated() {
    let (scores, outcome) = (nats(&[0.3, 0.1, 0.3, 0.2]), [T, F, F, T]);
    let (person, group) = ([0, 0, 1, 1], [0, 0, 1, 1]);
    let rows = Scored { scores: &scores, outcome: &outcome, person: &person, group: &group };
    // Person 0 twice, person 1 once.
    let repeated: Vec<usize> = vec![0, 1, 0, 1, 2, 3];
    let again: Vec<Nats> = repeated.iter().map(|&row| scores[row]).collect();
    let happened: Vec<bool> = repeated.iter().map(|&row| outcome[row]).collect();
    let weights = [2, 1];
    assert_eq!(weighted_auc(&rising(&scores), rows, &weights), auc(&again, &happened));
    let measures = People::tally(rows).measure(&weights);
    assert!((measures.log_loss - log_loss(&again, &happened).unwrap()).abs() < 1e-15);
    // A person drawn twice is two people, whose groups do not mix.
    assert_eq!(measures.auc_within_group, auc_within_group(&again, &happened, &[0, 0, 2, 2, 1, 1]));
}

/// Scores that separate the classes by chance of 3 in 4, four rows a person.
fn noisy(people: u32) -> (Vec<Nats>, Vec<bool>, Vec<u32>) {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut rows = (Vec::new(), Vec::new(), Vec::new());
    for person in 0..people {
        for _ in 0..4 {
            let score: f64 = rng.gen_range(-2.0..2.0);
            rows.0.push(Nats::from_f64(score));
            rows.1.push(rng.gen_bool(probability(score)));
            rows.2.push(person);
        }
    }
    rows
}

#[test]
fn an_evaluation_is_the_same_at_any_number_of_threads() {
    let (scores, outcome, person) = noisy(60);
    let rows = Scored { scores: &scores, outcome: &outcome, person: &person, group: &person };
    let at = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| evaluate(rows, Resamples::default()).unwrap())
    };
    let one = at(1);
    for threads in [2, 3, 7] {
        assert_eq!(at(threads), one);
    }
}

#[test]
fn intervals_hold_the_estimate_and_narrow_with_people() {
    let width = |people| {
        let (scores, outcome, person) = noisy(people);
        let rows = Scored { scores: &scores, outcome: &outcome, person: &person, group: &person };
        let evaluation = evaluate(rows, Resamples::default()).unwrap();
        let auc = evaluation.auc.unwrap();
        assert!(auc.low < auc.estimate && auc.estimate < auc.high);
        assert_eq!(evaluation.people, u64::from(people));
        auc.high - auc.low
    };
    let (few, many) = (width(50), width(800));
    // Four times fewer standard errors, within the noise of a bootstrap.
    assert!(many * 3.0 < few && few < many * 5.5, "{few} {many}");
}

#[test]
fn rows_of_one_class_have_no_auc_and_uneven_rows_no_evaluation() {
    let scores = nats(&[0.0, 1.0]);
    let rows = Scored { scores: &scores, outcome: &[F, F], person: &[0, 1], group: &[0, 0] };
    let evaluation = evaluate(rows, Resamples::default()).unwrap();
    assert_eq!((evaluation.auc, evaluation.auc_within_group), (None, None));
    assert!(evaluate(Scored { group: &[0], ..rows }, Resamples::default()).is_none());
    let none = Scored { scores: &[], outcome: &[], person: &[], group: &[] };
    assert!(evaluate(none, Resamples::default()).is_none());
}

#[test]
fn people_are_numbered_anew_without_gaps_and_in_their_order() {
    assert_eq!(renumbered(&[7, 2, 7, 900, 2]), [1, 0, 1, 2, 0]);
    assert!(renumbered(&[]).is_empty());
}
