use super::codes::ROWS_SHARED;
use super::count::count_people;
use super::*;
use proptest::prelude::*;

fn learn(numbers: &[f64], person: &[u32], bins_max: usize, people_min: u32) -> Bins {
    let column = Column::numeric(numbers.iter().map(|&number| Cell::Number(number)));
    Bins::learn(&column, person, bins_max, people_min)
}

#[test]
fn a_number_equal_to_a_cut_is_above_it() {
    let bins = Bins::Cuts(vec![1.0, 2.0]);
    let bin = |number| bins.encode(Cell::Number(number));
    assert_eq!([bin(0.9), bin(1.0), bin(1.9), bin(2.0)], [Some(2), Some(3), Some(3), Some(4)]);
    assert_eq!(bin(f64::NAN), Some(Bins::MISSING));
    assert_eq!(bins.encode(Cell::Category("x")), Some(Bins::UNSEEN));
    assert_eq!(bins.encode(Cell::Withheld), None);
}

#[test]
fn cuts_lie_between_quantiles() {
    let numbers: Vec<f64> = (0..100).map(f64::from).collect();
    let person: Vec<u32> = (0..100).collect();
    assert_eq!(learn(&numbers, &person, 4, 5), Bins::Cuts(vec![24.5, 49.5, 74.5]));
    assert_eq!(learn(&[5.0; 9], &person[..9], 4, 5), Bins::Cuts(Vec::new()));
}

#[test]
fn a_bin_of_few_people_is_merged_however_many_rows_it_has() {
    // Values 0 and 2 belong to five people each; value 1 has most rows, but all of one person.
    let mut rows = vec![(1.0, 9); 80];
    rows.extend((0..5).map(|person| (0.0, person)));
    rows.extend((0..5).map(|person| (2.0, person)));
    let (numbers, person): (Vec<f64>, Vec<u32>) = rows.into_iter().unzip();
    assert_eq!(learn(&numbers, &person, 255, 5), Bins::Cuts(vec![0.5]));
    assert_eq!(learn(&numbers, &person, 255, 6), Bins::Cuts(Vec::new()));
}

#[test]
fn a_level_of_few_people_is_not_named_and_counts_as_unseen() {
    let cells = ["a", "a", "a", "b", "b", "b"].map(Cell::Category);
    let column = Column::categorical(cells);
    let person = [0, 1, 2, 3, 3, 3];
    let bins = Bins::learn(&column, &person, 255, 2);
    assert_eq!(bins, Bins::Levels(vec!["a".to_owned()]));
    let binned = Binned::encode(bins, &column, &person, 2);
    assert_eq!(binned.codes, Codes::Narrow(vec![2, 2, 2, 1, 1, 1]));
    // One person is behind the unseen bin: it is not learned, and the person is not told.
    assert_eq!(binned.learned, [false, false, true]);
    assert_eq!((binned.people, binned.rows), (vec![0, 0, 3], vec![0, 0, 3]));
}

#[test]
fn withheld_rows_have_a_code_beyond_the_bins() {
    let column = Column::numeric([Cell::Withheld, Cell::Missing, Cell::Number(3.0)]);
    let binned = Binned::encode(Bins::Cuts(vec![2.0]), &column, &[0, 1, 2], 1);
    assert_eq!(binned.codes, Codes::Narrow(vec![4, 0, 3]));
    assert_eq!(binned.rows, [1, 0, 0, 1]);
    let column = Column::categorical([Cell::Withheld, Cell::Missing, Cell::Category("x")]);
    assert_eq!(
        Binned::encode(Bins::Levels(vec!["x".to_owned()]), &column, &[0, 1, 2], 1).codes,
        Codes::Narrow(vec![3, 0, 2])
    );
}

#[test]
fn tables_that_encode_relies_on_are_checked() {
    let error = |bins: Bins| bins.check().unwrap_err().to_string();
    assert_eq!(error(Bins::Cuts(vec![1.0, f64::NAN])), "cuts: must be finite");
    assert_eq!(error(Bins::Cuts(vec![1.0, 1.0])), "cuts: must be distinct and ascending");
    let levels = |names: &[&str]| Bins::Levels(names.iter().map(|&name| name.to_owned()).collect());
    assert_eq!(error(levels(&["b", "a"])), "levels: must be distinct and ascending");
}

#[test]
fn joined_bins_are_runs_of_bins_of_about_equal_rows() {
    let column = Column::numeric((0..1000).map(|row| Cell::Number(f64::from(row % 100))));
    let person: Vec<u32> = (0..1000).collect();
    let binned = Binned::encode(Bins::learn(&column, &person, 255, 5), &column, &person, 5);
    let coarse = Coarse::of(&binned, 4, 9, 1.0);
    assert_eq!(coarse.bins, Bins::Cuts(vec![24.5, 49.5, 74.5]));
    assert_eq!(coarse.of_fine[..Bins::FIRST], [0, 1]);
    for (row, code) in binned.codes.iter().enumerate() {
        let whole = coarse.bins.encode(column.cell(row)).unwrap();
        assert_eq!(coarse.of_fine[code] as usize, whole);
    }
}

#[test]
fn of_many_levels_the_most_frequent_stay_and_the_others_count_as_unseen() {
    let cells = ["a", "b", "b", "c", "c", "c"].map(Cell::Category);
    let column = Column::categorical(cells);
    let person: Vec<u32> = (0..6).collect();
    let binned = Binned::encode(Bins::learn(&column, &person, 255, 1), &column, &person, 1);
    let coarse = Coarse::of(&binned, 9, 2, 1.0);
    assert_eq!(coarse.bins, Bins::Levels(vec!["b".to_owned(), "c".to_owned()]));
    assert_eq!(coarse.of_fine, [0, 1, 1, 2, 3]);
}

proptest! {
    #[test]
    fn every_bin_has_the_floor_of_people(
        rows in proptest::collection::vec((-20i8..20, 0u32..30), 1..300),
        bins_max in 2usize..40,
        people_min in 1u32..8,
    ) {
        let numbers: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
        let person: Vec<u32> = rows.iter().map(|row| row.1).collect();
        let bins = learn(&numbers, &person, bins_max, people_min);
        prop_assert!(bins.check().is_ok() && bins.count() <= bins_max + Bins::FIRST);
        let column = Column::numeric(numbers.iter().map(|&number| Cell::Number(number)));
        let cuts = bins.count() > Bins::FIRST + 1;
        let binned = Binned::encode(bins, &column, &person, people_min);
        if cuts {
            prop_assert!(binned.people[Bins::FIRST..].iter().all(|&people| people >= people_min));
        }
    }
}

#[test]
fn distinct_people_are_counted_in_whatever_order_they_come() {
    let codes = [0, 1, 0, 2, 1, 0, 3];
    let count = |person: &[u32]| count_people(codes.into_iter(), 3, person);
    assert_eq!(count(&[0, 1, 2, 3, 4, 5, 6]), [3, 2, 1]);
    assert_eq!(count(&[0, 0, 0, 1, 1, 1, 1]), [2, 2, 1]);
    assert_eq!(count(&[5, 1, 5, 0, 1, 2, 0]), [2, 1, 1]);
}

#[test]
fn codes_of_a_large_table_are_shared_and_mean_the_same() {
    let cells = (0..ROWS_SHARED).map(|row| match row % 5 {
        0 => Cell::Missing,
        1 => Cell::Category("b"),
        2 => Cell::Category("x"),
        _ => Cell::Category("a"),
    });
    let column = Column::categorical(cells);
    let bins = Bins::Levels(vec!["a".to_owned(), "b".to_owned()]);
    let codes = encode_column(&bins, &column);
    assert!(matches!(codes, Codes::Shared { .. }));
    let first: Vec<usize> = codes.iter().take(5).collect();
    assert_eq!(first, [Bins::MISSING, Bins::FIRST + 1, Bins::UNSEEN, Bins::FIRST, Bins::FIRST]);
    let mut written = [0; 4];
    codes.apply(1, &mut written, |to, code| *to = code);
    assert_eq!(written.map(|code| code as usize)[..], first[1..]);
    // Where a row is withheld there is one code more, and its rows differ from those of the table.
    let withheld = Column::categorical((0..ROWS_SHARED).map(|_| Cell::Withheld));
    assert!(matches!(encode_column(&bins, &withheld), Codes::Narrow(codes) if codes[0] == 4));
}
