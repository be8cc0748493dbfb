use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::domain::SubjectKey;

fn check(keyring: &Keyring) -> String {
    keyfile::check(keyring, &keyring.wrapping(), &keyring.kept_pseudonyms())
}

fn folder_with_keys() -> (tempfile::TempDir, PathBuf, Keyring) {
    let place = tempfile::tempdir().unwrap();
    let keyring = Keyring::open(place.path()).unwrap();
    let path = place.path().join(KEY_FILE_NAME);
    (place, path, keyring)
}

#[test]
fn keys_are_made_once_for_their_owner_only_and_read_back() {
    let (place, path, made) = folder_with_keys();
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let read = Keyring::open(place.path()).unwrap();
    assert_eq!(check(&read), check(&made));
    let names: Vec<_> = fs::read_dir(place.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, [KEY_FILE_NAME]);
    assert_ne!(check(&Keyring::fresh().unwrap()), check(&made));
}

#[test]
fn processes_that_start_together_agree_on_one_keyring() {
    let place = tempfile::tempdir().unwrap();
    let start = || check(&Keyring::open(place.path()).unwrap());
    let checks: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(start)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(checks.iter().all(|check| *check == checks[0]));
}

#[test]
fn a_file_cut_short_is_refused_and_never_replaced() {
    let (place, path, _) = folder_with_keys();
    let whole = fs::read(&path).unwrap();
    for length in 0..whole.len() - 2 {
        fs::write(&path, &whole[..length]).unwrap();
        let error = Keyring::open(place.path()).unwrap_err();
        assert!(matches!(error, KeyringError::Damaged { .. }), "{length} bytes: {error:?}");
        assert_eq!(fs::read(&path).unwrap(), &whole[..length]);
    }
}

#[test]
fn a_changed_digit_of_any_key_is_found_and_the_message_holds_no_key() {
    let (place, path, _) = folder_with_keys();
    let whole = fs::read_to_string(&path).unwrap();
    for field in ["\"key", "mark_key", "token_key", "check"] {
        let at = whole.find(field).unwrap() + field.len() + 6;
        for digit in ["x", if whole[at..].starts_with('0') { "1" } else { "0" }] {
            let mut text = whole.clone();
            text.replace_range(at..=at, digit);
            fs::write(&path, &text).unwrap();
            let error = Keyring::open(place.path()).unwrap_err();
            assert!(matches!(error, KeyringError::Damaged { .. }), "{field}: {error:?}");
            assert!(!error.to_string().contains(&text[at..at + 12]), "{error}");
        }
    }
}

/// A file of fresh keys whose keys of pseudonyms are told so.
fn refused(hash_keys: &str) -> KeyringError {
    let (place, path, _) = folder_with_keys();
    let text = fs::read_to_string(&path).unwrap();
    let (from, to) = (text.find('[').unwrap(), text.find(']').unwrap());
    fs::write(&path, format!("{}[{hash_keys}{}", &text[..from], &text[to..])).unwrap();
    Keyring::open(place.path()).unwrap_err()
}

#[test]
fn keys_of_pseudonyms_that_break_a_rule_are_refused_by_their_field() {
    let key = "ab".repeat(32);
    let entry = |version: &str, key: &str| {
        format!("{{ \"version\": {version}, \"made_at\": null, \"key\": \"{key}\" }}")
    };
    let all = |versions: &[&str]| {
        versions.iter().map(|version| entry(version, &key)).collect::<Vec<_>>().join(", ")
    };
    let field = "subject_hash_keys";
    for (keys, says) in [
        (String::new(), "must be 1 to 3 of different versions"),
        (all(&["1", "2", "3", "4"]), "must be 1 to 3 of different versions"),
        (all(&["1", "1"]), "must be 1 to 3 of different versions"),
        (all(&["1", "3"]), "must have versions that follow each other, from 1"),
        (all(&["0"]), "must have versions that follow each other, from 1"),
        (all(&["4294967295"]), "must have versions that follow each other, from 1"),
        (entry("1", "ab"), "must be 64 hexadecimal digits"),
        (entry("1", &"g".repeat(64)), "must be 64 hexadecimal digits"),
    ] {
        let error = refused(&keys);
        assert!(matches!(error, KeyringError::Damaged { field: of, .. } if of == field), "{error:?}");
        assert!(error.to_string().contains(says), "{error}");
        assert!(!error.to_string().contains(&key), "{error}");
    }
    for keys in [entry("-1", &key), entry("\"1\"", &key), entry("4294967296", &key), "7".to_owned()] {
        assert!(matches!(refused(&keys), KeyringError::Damaged { field: "file", .. }), "{keys}");
    }
    // Whole, but not the keys that were written.
    assert!(matches!(refused(&all(&["1"])), KeyringError::Damaged { field: "check", .. }));
}

#[test]
fn a_file_of_the_second_format_names_people_as_its_key_did_and_is_checked() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join(KEY_FILE_NAME);
    let text = include_str!("../../../tests/data/keys/second_format.json");
    assert!(text.contains("\"format\": 2"));
    fs::write(&path, text).unwrap();
    let keyring = Keyring::open(place.path()).unwrap();
    let tenant = TenantId::parse("shop").unwrap();
    let at = text.find("subject_hash_key").unwrap() + 20;
    let key = sealing::unhex::<32>(&text[at..at + 64]).unwrap();
    let expected = SubjectKey::derive(&key, &tenant, "anna").unwrap().of_version(1);
    assert_eq!(keyring.subject_key(&tenant, "anna"), Ok(expected));
    assert_eq!((keyring.naming_version(), keyring.wrapping_version()), (1, 1));
    let other = if text[at..].starts_with('0') { "1" } else { "0" };
    fs::write(&path, format!("{}{other}{}", &text[..at], &text[at + 1..])).unwrap();
    let error = Keyring::open(place.path()).unwrap_err();
    assert!(matches!(error, KeyringError::Damaged { field: "check", .. }), "{error:?}");
}

#[test]
fn a_file_of_a_newer_format_is_named_as_such() {
    let (place, path, _) = folder_with_keys();
    fs::write(&path, r#"{ "format": 4, "keys": [] }"#).unwrap();
    let error = Keyring::open(place.path()).unwrap_err();
    assert_eq!(error, KeyringError::NewerFormat { path, found: 4 });
}

#[test]
fn a_file_of_the_first_format_opens_with_its_key_as_the_first_version() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path().join(KEY_FILE_NAME);
    let text = include_str!("../../../tests/data/keys/first_format.json");
    assert!(text.contains("\"format\": 1"));
    fs::write(&path, text).unwrap();
    let (one, again) = (Keyring::open(place.path()).unwrap(), Keyring::open(place.path()).unwrap());
    assert_eq!((one.wrapping_version(), one.wrapping_since()), (FIRST_VERSION, None));
    let (tenant, subject) = (TenantId::parse("shop").unwrap(), SubjectKey::from_bytes([7; 32]));
    assert_eq!(one.mark(&tenant, &subject), again.mark(&tenant, &subject));
    let (wrapped, version) = one.wrap(&DataKey::fresh().unwrap(), b"row").unwrap();
    assert!(again.unwrap(&wrapped, version, b"row").is_some());
    assert_eq!(fs::read_to_string(&path).unwrap(), text, "opening changes nothing");
}

#[test]
fn lost_keys_of_a_store_are_not_made_anew() {
    let place = tempfile::tempdir().unwrap();
    fs::write(place.path().join(store::FILE_NAME), "").unwrap();
    let path = place.path().join(KEY_FILE_NAME);
    assert_eq!(Keyring::open(place.path()).unwrap_err(), KeyringError::Missing { path: path.clone() });
    assert!(!path.exists());
}

#[test]
fn a_folder_below_a_file_is_named_as_unusable() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("file");
    fs::write(&file, "").unwrap();
    let error = Keyring::open(&file.join("data")).unwrap_err();
    let message = error.to_string();
    assert!(message.starts_with("cannot read or write ") && message.contains("keys.json"), "{message}");
}

#[test]
fn nothing_secret_is_printed() {
    let keyring = Keyring::fresh().unwrap();
    assert_eq!(format!("{keyring:?} {:?}", keyring.tokens()), "Keyring(..) Tokens(..)");
}
