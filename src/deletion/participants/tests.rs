use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;

fn public(kid: &str) -> Value {
    let key = SigningKey::of(&SigningKey::fresh().unwrap()).unwrap();
    let mut key = key.public().to_json();
    key["kid"] = kid.into();
    key
}

fn list() -> Value {
    json!({
        "domain": "limpid.example",
        "endpoint": "https://ads.limpid.example/deletion-requests",
        "keys": ["new.pem", "old.pem"],
        "identifiers": [{"type": "customer_id", "format": "plain"}],
        "participants": [
            {"domain": "shop.example", "tenant": "shop", "jwks": {"keys": [public("a"), public("b")]}},
            {"domain": "agency.example", "forwards_for": ["shop.example"], "jwks": "agency.json"},
        ],
    })
}

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["new.pem", "old.pem"] {
        let path = folder.path().join(name);
        fs::write(&path, SigningKey::fresh().unwrap().as_str()).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    fs::write(folder.path().join("agency.json"), json!({"keys": [public("a")]}).to_string()).unwrap();
    folder
}

fn read(folder: &tempfile::TempDir, text: &str) -> Result<Participants, ParticipantsError> {
    let path = folder.path().join("list.json");
    fs::write(&path, text).unwrap();
    Participants::read(&path)
}

#[test]
fn a_list_is_read_with_the_files_beside_it_and_all_our_keys_are_published() {
    let read = read(&folder(), &list().to_string()).unwrap();
    assert_eq!(read.all["shop.example"].keys.keys().collect::<Vec<_>>(), ["a", "b"]);
    assert_eq!(read.all["agency.example"].tenant, None);
    let keys = read.published_keys();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
    assert_eq!(keys["keys"][0]["kid"], read.signing_key().unwrap().public().kid());
    assert_eq!(read.published()["publicKey"], keys["keys"]);
}

#[test]
fn a_list_that_breaks_a_rule_is_refused_by_field() {
    let folder = folder();
    fs::write(folder.path().join("open.pem"), SigningKey::fresh().unwrap().as_str()).unwrap();
    let refused = |pointer: &str, value: Value| {
        let mut wrong = list();
        *wrong.pointer_mut(pointer).unwrap() = value;
        read(&folder, &wrong.to_string()).unwrap_err().to_string()
    };
    let many = |value: Value, times: usize| Value::Array(vec![value; times]);
    for (pointer, value, says) in [
        ("/domain", json!("limpid"), "domain: must be a domain in lowercase"),
        ("/domain", json!("Limpid.example"), "domain: must"),
        ("/domain", json!("-a.example"), "domain: must"),
        ("/domain", json!("a..example"), "domain: must"),
        ("/domain", json!("https://a.example"), "domain: must"),
        ("/domain", json!("shop.example"), "participants[0].domain: must be there once, and not be ours"),
        ("/endpoint", json!("http://ads.example/x"), "endpoint: must be an https address"),
        ("/endpoint", json!("ftp://ads.example/x"), "endpoint: must"),
        ("/endpoint", json!("https://ads.example/x?a=1"), "endpoint: must"),
        ("/endpoint", json!("https://user@ads.example/x"), "endpoint: must"),
        ("/endpoint", json!("https:///x"), "endpoint: must"),
        ("/keys", json!([]), "keys: must be 1 to 16 files of different keys"),
        ("/keys", json!(["new.pem", "new.pem"]), "keys: must be 1 to 16 files of different keys"),
        ("/keys", json!(["none.pem"]), "keys[0]: No such file"),
        ("/keys", json!(["agency.json"]), "keys[0]: must be for its owner only"),
        ("/keys", json!(["open.pem"]), "keys[0]: must be for its owner only"),
        ("/identifiers", json!([]), "identifiers: must be 1 to 16"),
        ("/identifiers/0/type", json!("e mail"), "identifiers[0].type: must be 1 to 64 letters"),
        ("/identifiers/0/format", json!("md5"), "file: is not as it has to be: unknown variant `md5`"),
        (
            "/identifiers",
            many(json!({"type": "a", "format": "plain"}), 2),
            "identifiers[1]: must be there once",
        ),
        ("/participants", json!([]), "participants: must be 1 to 1000"),
        ("/participants/0/domain", json!("agency.example"), "participants[1].domain: must be there once"),
        ("/participants/0/tenant", json!(""), "participants[0].tenant: "),
        ("/participants/0/tenant", json!(null), "participants[0]: must have a tenant, as a first party, or"),
        ("/participants/1/forwards_for", json!([]), "participants[1]: must have a tenant"),
        (
            "/participants/1/forwards_for",
            json!(["limpid.example"]),
            "participants (agency.example).forwards_for: limpid.example must be listed with a tenant",
        ),
        ("/participants/0/jwks", json!({"keys": []}), "participants[0].jwks: must hold 1 to 16 keys"),
        (
            "/participants/0/jwks/keys",
            Value::Array(vec![public("a"), public("a")]),
            "participants[0].jwks.keys[1].kid: must be there once",
        ),
        (
            "/participants/0/jwks/keys/1/crv",
            json!("P-521"),
            "participants[0].jwks.keys[1].crv: must be P-256",
        ),
        ("/participants/1/jwks", json!("none.json"), "participants[1].jwks: cannot be read: No such file"),
        ("/participants/1/jwks", json!("new.pem"), "participants[1].jwks: must hold a set of keys: "),
    ] {
        let error = refused(pointer, value.clone());
        assert!(error.starts_with(says), "{pointer} {value}: {error}");
    }
    let mut more = list();
    more["participents"] = json!([]);
    let error = read(&folder, &more.to_string()).unwrap_err().to_string();
    assert!(error.contains("unknown field `participents`"), "{error}");
    for text in ["", "{", "[]"] {
        assert_eq!(read(&folder, text).unwrap_err().field, "file");
    }
    let long = " ".repeat(1 << 21);
    assert_eq!(read(&folder, &long).unwrap_err().rule, "must be at most 1048576 bytes");
    let none = Participants::read(&folder.path().join("none")).unwrap_err();
    assert!(none.rule.starts_with("cannot be read"), "{none}");
    let here = |host: &str| format!("http://{host}:8080/deletion-requests");
    for host in ["localhost", "127.0.0.1", "[::1]"] {
        let mut good = list();
        good["endpoint"] = here(host).into();
        read(&folder, &good.to_string()).unwrap();
    }
}
