//! Labels are whole, sealed, apart from the service, and go when their time or their person does.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tempfile::TempDir;

use super::*;
use crate::domain::{PEOPLE_FLOOR, SubjectKey, TenantId, Timestamp};

const DECLARED: &str = r#"
[[attribute]]
name = "age"
values = ["young-zq7", "middle-zq7", "old-zq7"]
basis = "legitimate interest (GDPR Art. 6(1)(f)): audits"
purpose = "audit"
retention_days = 30
source = "questionnaire-zq7"
special_category = "none"

[[attribute]]
name = "diabetes"
values = ["yes", "no"]
basis = "consent (GDPR Art. 6(1)(a))"
retention_days = 10
source = "questionnaire"
special_category = "health"
special_basis = "9(2)(a): explicit consent in the questionnaire"
"#;

fn tenant() -> TenantId {
    TenantId::parse("shop").unwrap()
}

fn day(number: i64) -> Timestamp {
    Timestamp::parse("at", "2026-03-01").unwrap().plus_days(number)
}

fn declared() -> Vec<Attribute> {
    read_attributes(DECLARED).unwrap()
}

/// Twelve people: six young, five old, and one in between.
fn people() -> String {
    let of = |n: usize| {
        let age = ["young-zq7", "old-zq7", "middle-zq7"][usize::from(n >= 6) + usize::from(n >= 11)];
        format!("person-zq7-{n},{age},{}\n", if n < 6 { "yes" } else { "" })
    };
    "id,age,diabetes\n".to_owned() + &(0..12).map(of).collect::<String>()
}

fn table(text: &str) -> LabelTable {
    LabelTable::read(text.as_bytes(), &declared()).unwrap()
}

fn nobody_erased(_: &str) -> bool {
    false
}

fn filled() -> (TempDir, LabelStore) {
    let place = tempfile::tempdir().unwrap();
    let mut store = LabelStore::open(&place.path().join("labels")).unwrap();
    let imported = store.import(&tenant(), &table(&people()), (day(0), day(1)), &nobody_erased).unwrap();
    assert_eq!(imported, Imported { labels: 18, older: 0, erased: 0 });
    (place, store)
}

/// Every byte of the folder.
fn bytes(folder: &Path) -> Vec<u8> {
    let files = fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
    files.collect::<Vec<_>>().concat()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The rows of the labels as they are on disk.
fn rows(folder: &Path) -> Vec<(Vec<u8>, Vec<u8>)> {
    let file = rusqlite::Connection::open(folder.join(LABEL_FILE_NAME)).unwrap();
    let mut all = file.prepare("SELECT name, sealed FROM label").unwrap();
    let rows = all.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

#[test]
fn what_was_imported_is_told_to_its_person_and_nobody_elses() {
    let (_place, store) = filled();
    let held = store.held(&tenant(), "person-zq7-3").unwrap();
    let told: Vec<_> =
        held.iter().map(|label| (label.attribute.name.as_str(), label.value.as_str())).collect();
    assert_eq!(told, [("age", "young-zq7"), ("diabetes", "yes")]);
    assert_eq!((held[0].collected_at, held[0].kept_until), (day(0), day(30)));
    assert!(store.held(&tenant(), "person-zq7-99").unwrap().is_empty());
    assert!(store.held(&TenantId::parse("other").unwrap(), "person-zq7-3").unwrap().is_empty());
    assert!(store.counts(&TenantId::parse("other").unwrap(), day(1)).unwrap().is_empty());
}

#[test]
fn nothing_is_counted_of_fewer_than_five_nor_follows_from_the_others() {
    let (_place, store) = filled();
    let counts = store.counts(&tenant(), day(1)).unwrap();
    let people = |place: usize| counts[place].values.iter().map(|value| value.people).collect::<Vec<_>>();
    // One person in between is not told, and nor is the smallest of the others.
    assert_eq!(people(0), [Some(6), None, None]);
    assert_eq!(people(1), [None, None], "nobody said no, so who said yes is everyone of whom it is known");
    assert!(counts.iter().flat_map(|of| &of.values).all(|v| v.people.is_none_or(|p| p >= PEOPLE_FLOOR)));
    // Over is over, whether it was swept or not.
    let counts = store.counts(&tenant(), day(30)).unwrap();
    assert!(counts.iter().flat_map(|of| &of.values).all(|value| value.people.is_none()));
}

#[test]
fn the_folder_tells_neither_who_nor_what_and_is_for_its_owner_alone() {
    let (place, store) = filled();
    drop(store);
    let folder = place.path().join("labels");
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&folder), mode(&folder.join(LABEL_KEY_FILE_NAME))), (0o700, 0o600));
    let all = bytes(&folder);
    for n in 0..12 {
        let key = SubjectKey::derive(&[7; 32], &tenant(), &format!("person-zq7-{n}")).unwrap();
        assert!(!holds(&all, key.as_bytes()));
    }
    for text in ["zq7", "young", "diabetes", "shop", "health", "9(2)"] {
        assert!(!holds(&all, text.as_bytes()), "{text}");
    }
    // Equal values are no equal bytes, and no value is longer than another.
    let rows = rows(&folder);
    assert_eq!(rows.len(), 18);
    for (place, (name, sealed)) in rows.iter().enumerate() {
        assert_eq!((name.len(), sealed.len()), (32, rows[0].1.len()));
        let others = rows[..place].iter();
        assert!(
            others.clone().all(|(other, _)| other != name) && { others }.all(|(_, other)| other != sealed)
        );
    }
}

#[test]
fn equal_people_have_other_names_under_other_keys_and_for_other_tenants_and_attributes() {
    let (_one, a) = filled();
    let (_other, b) = filled();
    let names = |store: &LabelStore, tenant: &str, attribute| {
        store.name_of(&TenantId::parse(tenant).unwrap(), "person-zq7-3", attribute)
    };
    let all = [names(&a, "shop", 1), names(&a, "shop", 2), names(&a, "pub", 1), names(&b, "shop", 1)];
    for (place, name) in all.iter().enumerate() {
        assert!(!all[..place].contains(name), "{place}");
    }
}

#[test]
fn no_other_key_opens_a_label_and_no_row_takes_the_place_of_another() {
    let (place, store) = filled();
    drop(store);
    let folder = place.path().join("labels");
    let keys = fs::read(folder.join(LABEL_KEY_FILE_NAME)).unwrap();
    let (other, store) = filled();
    drop(store);
    // The keys of another folder.
    fs::copy(other.path().join("labels").join(LABEL_KEY_FILE_NAME), folder.join(LABEL_KEY_FILE_NAME))
        .unwrap();
    let error = LabelStore::open(&folder).unwrap_err();
    assert_eq!(error, LabelError::OtherKeys { path: folder.join(LABEL_KEY_FILE_NAME) });
    // Rows that changed places.
    fs::write(folder.join(LABEL_KEY_FILE_NAME), keys).unwrap();
    let rows = rows(&folder);
    let file = rusqlite::Connection::open(folder.join(LABEL_FILE_NAME)).unwrap();
    file.execute("UPDATE label SET sealed = ?2 WHERE name = ?1", (&rows[0].0, &rows[1].1)).unwrap();
    drop(file);
    let error = LabelStore::open(&folder).unwrap().counts(&tenant(), day(1)).unwrap_err();
    assert!(
        error.to_string().ends_with("labels.db is damaged: a row does not open; restore it from a backup")
    );
}

#[test]
fn a_damaged_or_lost_file_is_named_and_not_replaced() {
    let (place, store) = filled();
    drop(store);
    let folder = place.path().join("labels");
    let path = folder.join(LABEL_KEY_FILE_NAME);
    let whole = fs::read_to_string(&path).unwrap();
    for field in ["name_key", "seal_key", "erased_key", "check"] {
        let at = whole.find(field).unwrap() + field.len() + 4;
        for digit in ["x", if whole[at..].starts_with('0') { "1" } else { "0" }] {
            let mut text = whole.clone();
            text.replace_range(at..=at, digit);
            fs::write(&path, &text).unwrap();
            let error = LabelStore::open(&folder).unwrap_err();
            assert!(
                matches!(&error, LabelError::Damaged { path: named, .. } if *named == path),
                "{field}: {error:?}"
            );
            assert!(!error.to_string().contains(&whole[at + 8..at + 14]), "{error}");
        }
    }
    for length in [0, 1, whole.len() / 2, whole.len() - 4] {
        fs::write(&path, &whole[..length]).unwrap();
        assert!(matches!(LabelStore::open(&folder), Err(LabelError::Damaged { .. })), "{length}");
    }
    fs::write(&path, whole.replace("\"format\": 1", "\"format\": 2")).unwrap();
    let newer = LabelError::NewerFormat { path: path.clone(), found: 2, known: 1 };
    assert_eq!(LabelStore::open(&folder).unwrap_err(), newer);
    fs::remove_file(&path).unwrap();
    for opened in [LabelStore::open(&folder).map(drop), LabelStore::open_existing(&folder).map(drop)] {
        assert_eq!(opened.unwrap_err(), LabelError::KeysMissing { path: path.clone() });
    }
    assert!(!path.exists());
    fs::write(&path, whole).unwrap();
    fs::write(folder.join(LABEL_FILE_NAME), "a shopping list, long enough to be taken for a header").unwrap();
    let error = LabelStore::open(&folder).unwrap_err();
    assert!(
        matches!(&error, LabelError::Damaged { path, .. } if path.ends_with(LABEL_FILE_NAME)),
        "{error:?}"
    );
    assert_eq!(
        LabelStore::open_existing(&place.path().join("nowhere")).map(|found| found.is_none()),
        Ok(true)
    );
}

#[test]
fn a_label_goes_when_its_time_is_over() {
    let (place, mut store) = filled();
    assert_eq!(store.sweep(day(9)).unwrap(), 0);
    assert_eq!(store.sweep(day(10)).unwrap(), 6, "ten days of the one attribute");
    let held = store.held(&tenant(), "person-zq7-3").unwrap();
    assert_eq!(held.len(), 1);
    let before = rows(&place.path().join("labels"));
    assert_eq!(store.sweep(day(30)).unwrap(), 12);
    let all = bytes(&place.path().join("labels"));
    assert!(before.iter().all(|(name, sealed)| !holds(&all, name) && !holds(&all, sealed)));
    // What could be kept no longer is not taken.
    let error = store.import(&tenant(), &table(&people()), (day(0), day(10)), &nobody_erased).unwrap_err();
    assert!(error.to_string().starts_with("attribute diabetes: retention_days: is over already"), "{error}");
    let error = store.import(&tenant(), &table(&people()), (day(2), day(1)), &nobody_erased).unwrap_err();
    assert_eq!(error.to_string(), "collected: must not be in the future");
}

#[test]
fn whoever_is_erased_is_gone_to_the_byte_and_older_labels_do_not_bring_them_back() {
    let (place, mut store) = filled();
    let folder = place.path().join("labels");
    let before = rows(&folder);
    assert_eq!(store.erase_person(&tenant(), "person-zq7-3", day(2)).unwrap(), 2);
    assert!(store.held(&tenant(), "person-zq7-3").unwrap().is_empty());
    let after = rows(&folder);
    let gone: Vec<_> = before.iter().filter(|row| !after.contains(row)).collect();
    assert_eq!((gone.len(), after.len()), (2, 16));
    let all = bytes(&folder);
    assert!(gone.iter().all(|(name, sealed)| !holds(&all, name) && !holds(&all, sealed)));
    assert!(holds(&all, &after[0].1), "the search works");

    let again = store.import(&tenant(), &table(&people()), (day(2), day(3)), &nobody_erased).unwrap();
    assert_eq!((again.erased, again.labels), (1, 16), "the others are known anew of a later day");
    assert!(store.held(&tenant(), "person-zq7-3").unwrap().is_empty());
    let newer = store.import(&tenant(), &table(&people()), (day(3), day(3)), &nobody_erased).unwrap();
    assert_eq!((newer.erased, newer.labels), (0, 18));
    // Whoever was never here is remembered, too; and whoever was erased elsewhere is not taken.
    assert_eq!(store.erase_person(&tenant(), "late-zq7", day(4)).unwrap(), 0);
    let late = table("id,age\nlate-zq7,old-zq7\nperson-zq7-1,old-zq7\n");
    let late = store.import(&tenant(), &late, (day(4), day(4)), &|id| id == "person-zq7-1").unwrap();
    assert_eq!((late.erased, late.labels), (2, 0));
    // An older table changes nothing of what is newer.
    let older = store.import(&tenant(), &table(&people()), (day(2), day(4)), &nobody_erased).unwrap();
    assert_eq!((older.erased, older.older, older.labels), (1, 16, 0));
}

#[test]
fn an_attribute_is_erased_whole_and_declared_alike_or_not_at_all() {
    let (_place, mut store) = filled();
    let other = DECLARED.replace("retention_days = 30", "retention_days = 60");
    let other = LabelTable::read(people().as_bytes(), &read_attributes(&other).unwrap()).unwrap();
    let error = store.import(&tenant(), &other, (day(1), day(1)), &nobody_erased).unwrap_err();
    assert!(
        error.to_string().starts_with("attribute age: retention_days: is declared otherwise than before")
    );
    assert_eq!(store.erase_attribute(&tenant(), "age", day(1)).unwrap(), 12);
    assert_eq!(store.erase_attribute(&tenant(), "age", day(1)).unwrap_err(), LabelError::NoSuchAttribute);
    assert_eq!(store.counts(&tenant(), day(1)).unwrap().len(), 1);
    store.import(&tenant(), &other, (day(1), day(1)), &nobody_erased).unwrap();
    assert_eq!(store.held(&tenant(), "person-zq7-9").unwrap()[0].kept_until, day(61));
}

#[test]
fn a_line_that_breaks_a_rule_is_named_without_what_it_holds_and_nothing_is_taken() {
    let refused = |text: &str| {
        let error = LabelTable::read(text.as_bytes(), &declared()).map(|_| ()).unwrap_err().to_string();
        assert!(!error.contains("zq7"), "{error}");
        error
    };
    let long = format!("id,age\n{},old-zq7\n", "zq7".repeat(100));
    for (text, says) in [
        ("age\nold-zq7\n", "line 1: the first column must be called id"),
        ("id\nzq7\n", "line 1: there is no column of an attribute"),
        ("id,age,zq7\n", "line 1: column 3 is no declared attribute"),
        ("id,age,age\n", "line 1: column 3 repeats an attribute"),
        ("id,age\nzq7,old-zq7\n,old-zq7\n", "line 3: id: must not be empty"),
        ("id,age\n\nzq7,ancient-zq7\n", "line 3: age: is none of its declared values"),
        ("id,age\nzq7\n", "line 2: must have 2 cells, has 1"),
        ("id,age\nzq7,old-zq7,zq7\n", "line 2: must have 2 cells, has 3"),
        (
            "id,age\nzq7,old-zq7\nzq7b,old-zq7\nzq7,young-zq7\n",
            "line 4: the person of line 2 again, with other values",
        ),
        (&long, "line 2: id: must be at most 256 bytes, has 300"),
    ] {
        assert_eq!(refused(text), says);
    }
    // Twice alike is once.
    assert_eq!(table("id,age\na,old-zq7\na,old-zq7\n").rows.len(), 1);
    let bad = LabelTable::read(&b"id,age\n\xff\xfe,old-zq7\n"[..], &declared()).map(|_| ()).unwrap_err();
    assert_eq!(bad.to_string(), "line 2: is not UTF-8");
}

#[test]
fn no_attribute_is_declared_without_basis_retention_source_and_what_it_is() {
    let refused = |from: &str, to: &str| {
        assert!(DECLARED.contains(from), "{from}");
        read_attributes(&DECLARED.replacen(from, to, 1)).unwrap_err().to_string()
    };
    for (from, to, says) in [
        (
            "basis = \"legitimate interest (GDPR Art. 6(1)(f)): audits\"\n",
            "",
            "attribute age: basis: must be given",
        ),
        (
            "basis = \"consent (GDPR Art. 6(1)(a))\"",
            "basis = \" \"",
            "attribute diabetes: basis: must be given",
        ),
        ("retention_days = 30\n", "", "attribute age: retention_days: must be given"),
        (
            "retention_days = 30",
            "retention_days = 0",
            "attribute age: retention_days: must be 1 to 3650, is 0",
        ),
        ("source = \"questionnaire-zq7\"\n", "", "attribute age: source: must be given"),
        (
            "purpose = \"audit\"",
            "purpose = \"marketing\"",
            "attribute age: purpose: must be \"audit\": a group label is used for nothing else",
        ),
        (
            "special_basis = \"9(2)(a): explicit consent in the questionnaire\"\n",
            "",
            "attribute diabetes: special_basis: must be given",
        ),
        (
            "9(2)(a): explicit consent in the questionnaire",
            "we may",
            "attribute diabetes: special_basis: must begin with the exception that permits it, 9(2)(a) to 9(2)(j), and say why it holds",
        ),
        (
            "9(2)(a): explicit consent in the questionnaire",
            "9(2)(a):",
            "attribute diabetes: special_basis: must begin with the exception that permits it, 9(2)(a) to 9(2)(j), and say why it holds",
        ),
        (
            "special_category = \"none\"",
            "special_category = \"none\"\nspecial_basis = \"9(2)(a): yes\"",
            "attribute age: special_basis: must not be given where special_category is none",
        ),
        ("name = \"diabetes\"", "name = \"age\"", "attribute age: name: is declared twice"),
        (
            "name = \"age\"",
            "name = \"Age\"",
            "attribute Age: name: must be of lower-case letters, digits, _ and -",
        ),
        ("name = \"age\"\n", "", "attribute [0]: name: must be given"),
        ("\"middle-zq7\"", "\"old-zq7\"", "attribute age: values[2]: repeats one before it"),
        ("[\"yes\", \"no\"]", "[\"yes\"]", "attribute diabetes: values: must be 2 to 64, are 1"),
        (
            "[\"yes\", \"no\"]",
            "[\"yes\", \"\"]",
            "attribute diabetes: values[1]: must be 1 to 64 bytes without spaces around",
        ),
    ] {
        assert_eq!(refused(from, to), says);
    }
    let unsaid = refused("special_category = \"none\"\n", "");
    assert!(
        unsaid.starts_with("attribute age: special_category: must be given, one of none, origin,"),
        "{unsaid}"
    );
    assert!(refused("purpose =", "porpoise =").contains("unknown field"), "a slip of the pen is told");
    assert_eq!(
        read_attributes("").unwrap_err().to_string(),
        "attributes: must declare at least one [[attribute]]"
    );
}

#[test]
fn nothing_secret_is_printed() {
    let (_place, store) = filled();
    assert_eq!(format!("{store:?}"), "LabelStore(..)");
}

/// Loses the store of a folder, but not its keys and notes.
fn lose(folder: &Path) {
    for end in ["", "-wal", "-shm"] {
        drop(fs::remove_file(folder.join(format!("{LABEL_FILE_NAME}{end}"))));
    }
}

#[test]
fn a_copy_that_is_put_back_has_every_label_but_those_that_were_erased_since() {
    let (place, mut store) = filled();
    let (folder, copies) = (place.path().join("labels"), place.path().join("copies"));
    store.erase_person(&tenant(), "person-zq7-2", day(1)).unwrap();
    let copy = store.back_up_into(&copies, day(1)).unwrap();
    // Whoever came after the copy is lost, and the erased are erased again: a person, and an attribute that was declared anew.
    store.erase_person(&tenant(), "person-zq7-3", day(2)).unwrap();
    store.erase_attribute(&tenant(), "diabetes", day(2)).unwrap();
    store.import(&tenant(), &table("id,diabetes\nlate-zq7,yes\n"), (day(3), day(3)), &nobody_erased).unwrap();
    drop(store);
    lose(&folder);
    let restored = LabelStore::restore(&copy, &folder, day(3)).unwrap();
    assert_eq!(restored, Restored { labels: 10, erased_again: 2, over: 0 });
    let mut store = LabelStore::open(&folder).unwrap();
    for gone in ["person-zq7-2", "person-zq7-3", "late-zq7"] {
        assert!(store.held(&tenant(), gone).unwrap().is_empty(), "{gone}");
    }
    let held = store.held(&tenant(), "person-zq7-4").unwrap();
    assert_eq!(held.iter().map(|label| label.attribute.name.as_str()).collect::<Vec<_>>(), ["age"]);
    let older = store.import(&tenant(), &table(&people()), (day(2), day(3)), &nobody_erased).unwrap();
    assert_eq!(
        older.erased, 1,
        "the mark is there again; who was erased on the first day is taken of the second"
    );
    // What is over when it is put back does not stay, and an erasure is done again however often the copy is put back.
    drop(store);
    lose(&folder);
    let restored = LabelStore::restore(&copy, &folder, day(40)).unwrap();
    assert_eq!(restored, Restored { labels: 0, erased_again: 2, over: 10 });
}

#[test]
fn an_erasure_that_was_cut_off_after_it_was_noted_is_done_when_the_store_is_opened_next() {
    let (place, mut store) = filled();
    let folder = place.path().join("labels");
    let before = store.back_up_into(&place.path().join("copies"), day(1)).unwrap();
    store.erase_person(&tenant(), "person-zq7-3", day(2)).unwrap();
    drop(store);
    // As it was when the note was written and the store was not.
    lose(&folder);
    fs::copy(&before, folder.join(LABEL_FILE_NAME)).unwrap();
    let store = LabelStore::open_existing(&folder).unwrap().unwrap();
    assert!(store.held(&tenant(), "person-zq7-3").unwrap().is_empty());
    assert_eq!(rows(&folder).len(), 16);
    // Without the notes nobody knows who was erased.
    drop(store);
    let notes = folder.join(LABEL_ERASED_FILE_NAME);
    fs::remove_file(&notes).unwrap();
    assert_eq!(LabelStore::open(&folder).unwrap_err(), LabelError::NotesMissing { path: notes });
}

#[test]
fn a_copy_opens_with_the_keys_of_the_labels_alone_and_tells_nothing_itself() {
    let (place, store) = filled();
    let (folder, copies) = (place.path().join("labels"), place.path().join("copies"));
    let all: Vec<_> = (1..=3).map(|n| store.back_up_into(&copies, day(n)).unwrap()).collect();
    assert_eq!(all.iter().map(|copy| copy.exists()).collect::<Vec<_>>(), [false, true, true]);
    let copy = &all[2];
    let keys = fs::read_to_string(folder.join(LABEL_KEY_FILE_NAME)).unwrap();
    let told = bytes(&copies);
    for text in ["zq7", "young", "diabetes", "shop", "health"] {
        assert!(!holds(&told, text.as_bytes()), "{text}");
    }
    for key in keys.split('"').filter(|text| text.len() == 64) {
        let raw = crate::sealing::unhex::<32>(key).unwrap();
        assert!(!holds(&told, key.as_bytes()) && !holds(&told, &*raw));
    }

    let refused =
        |copy: &Path, folder: &Path| LabelStore::restore(copy, folder, day(3)).unwrap_err().to_string();
    assert!(refused(copy, &folder).ends_with("has labels; move them away first"));
    let empty = place.path().join("empty");
    let missing = "has no label-keys.json; put it and erased-labels.txt back first";
    assert!(refused(copy, &empty).ends_with(missing));
    let others = place.path().join("others");
    drop(LabelStore::open(&others).unwrap());
    lose(&others);
    assert!(refused(copy, &others).contains("does not open the labels beside it"));
    let broken = place.path().join("broken");
    fs::write(&broken, "a shopping list, long enough to be taken for a header").unwrap();
    assert!(refused(&broken, &others).contains("damaged"), "{}", refused(&broken, &others));
    assert!(refused(&place.path().join("missing"), &others).contains("missing"));
    assert!(!others.join(LABEL_FILE_NAME).exists(), "nothing is left in its place");
    assert!(store.back_up_into(&folder.join(LABEL_KEY_FILE_NAME), day(4)).is_err());
}

#[test]
fn labels_of_an_older_format_are_refused_with_what_to_do() {
    let (place, store) = filled();
    drop(store);
    let path = place.path().join("labels").join(LABEL_FILE_NAME);
    rusqlite::Connection::open(&path).unwrap().pragma_update(None, "user_version", 1).unwrap();
    let error = LabelStore::open(path.parent().unwrap()).unwrap_err();
    assert_eq!(error, LabelError::OlderFormat { path, found: 1 });
}
