//! Rights through the real binary: keys, tokens, calls, the trail, rotation.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::Value;

use super::binary::{Serving, assert_fails, folders, limpid};
use super::service::{NOON, Service};

/// Runs a command that succeeds; what it prints.
fn run(command: &[&str]) -> String {
    let ended = limpid(command);
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{command:?}");
    ended.out
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_person_takes_along_restricts_and_is_erased_by_tokens_of_the_controllers_key() {
    let place = Service::start().await.stop().await;
    let key = place.path().join("controller.key");
    let public = text(&place.path().join("controller.key.pub"));
    let id = run(&["subject-key", "new", "--out", &text(&key)]);
    assert!(id.starts_with("k4.pid."), "{id}");
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    assert_fails(&["subject-key", "new", "--out", &text(&key)], &["--out", "exists"]);

    let serving = Serving::start(&place, &["--subject-key", &format!("demo={public}")]);
    let server = serving.address.to_string();
    let token = |tenant: &str, assurance: &str| {
        let of = ["--tenant", tenant, "--subject", "p-05", "--assurance", assurance, "--issued-at", NOON];
        run(&[&["subject-token", "--key", &text(&key)], &of[..]].concat()).trim_end().to_owned()
    };
    let person = token("demo", "substantial");
    let in_file = |token: &str| {
        let file = place.path().join("subject.token");
        fs::write(&file, format!("{token}\n")).unwrap();
        text(&file)
    };
    let file = in_file(&person);
    let call =
        |command: &[&str]| run(&[command, &["--subject-token-file", &file, "--server", &server]].concat());
    let taken: Value = serde_json::from_str(&call(&["port"])).unwrap();
    assert!(taken["parts"].as_array().unwrap().len() > 1);
    assert!(call(&["port", "--format", "csv"]).starts_with("part,id,at,kind"));
    assert!(call(&["access"]).contains("\"overview\""));
    assert_eq!(call(&["restrict"]), "nothing of the person is used\n");
    assert_eq!(call(&["restrict", "--lift"]), "lifted; what was said before holds again\n");
    let erased = call(&["erase"]);
    assert!(
        erased.starts_with("erased at 2026-03-01T12:0") && erased.contains("final at 2026-03-02"),
        "{erased}"
    );

    let refused = |token: &str, command: &str, says: &str| {
        let file = in_file(token);
        assert_fails(&[command, "--subject-token-file", &file, "--server", &server], &[says]);
    };
    refused(&token("demo", "low"), "erase", "assurance low is too low: erase needs substantial");
    refused(&token("other", "high"), "erase", "its key vouches for people of another tenant");
    refused("v4.public.AAAA", "access", "must be a PASETO v4.public token");
    serving.stop();

    let data = text(&place.data());
    let trail = run(&["rights", "--data", &data]);
    assert!(trail.contains("erase") && trail.contains("not final yet"), "{trail}");
    assert_eq!(trail.lines().last().unwrap(), "access 1, erase 1, port 2, restrict 2");
    assert!(!trail.contains("p-05"));
    let rotated = run(&["keys", "rotate", "--data", &data]);
    assert!(rotated.starts_with("wrapping key 2: "), "{rotated}");
    assert!(run(&["rights", "--data", &data]).contains("  final\n"));
    let folders = folders(&place);
    let folders = folders.iter().map(String::as_str).collect::<Vec<_>>();
    assert!(run(&[&["sweep"], &folders[..]].concat()).ends_with("events deleted\n"));
}

#[tokio::test]
async fn a_key_or_level_that_is_none_is_named() {
    let place = Service::start().await.stop().await;
    let file = place.path().join("no-key");
    fs::write(&file, "no key").unwrap();
    let file = text(&file);
    let folders = folders(&place);
    let serve = [&["serve"], &folders.iter().map(String::as_str).collect::<Vec<_>>()[..]].concat();
    let with_key =
        |key: &str| [&serve[..], &["--listen", "127.0.0.1:0", "--subject-key", key]].concat().join("\n");
    for (key, says) in [(file.as_str(), "must hold one Ed25519 public key"), ("/absent", "No such file")] {
        let command = with_key(key);
        assert_fails(&command.split('\n').collect::<Vec<_>>(), &["--subject-key", says]);
    }
    let token = ["subject-token", "--key", &file, "--subject", "p"];
    assert_fails(&token, &["--key", "must hold one Ed25519 secret key"]);
    let key = text(&place.path().join("key"));
    run(&["subject-key", "new", "--out", &key]);
    assert_fails(
        &["subject-token", "--key", &key, "--subject", "p", "--assurance", "some"],
        &["--assurance"],
    );
}
