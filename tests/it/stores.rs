//! Where the store is: on the command line, in the environment or in a file; what it is told, and what is never told.

use std::process::Command;

use super::binary::{assert_fails, limpid};
use super::database::Database;
use super::place::{Backend, Place};
use super::service::Service;

/// `limpid rights` on a place's data folder with further options.
fn rights<'a>(data: &'a str, further: &[&'a str]) -> Vec<&'a str> {
    [&["rights", "--data", data], further].concat()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_named_by_an_option_or_by_a_file() {
    let place = Service::start_on(Backend::Postgres).await.stop().await;
    let (data, url) = (place.data(), place.url().unwrap());
    let file = place.path().join("store.txt");
    std::fs::write(&file, format!("{url}\n")).unwrap();
    let data = data.to_str().unwrap();
    for named in [["--store", url.as_str()], ["--store-file", file.to_str().unwrap()]] {
        let ended = limpid(&rights(data, &named));
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{named:?}: {ended:?}");
    }
    assert!(!place.data().join(limpid::store::FILE_NAME).exists(), "no other store was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_of_another_data_folder_is_refused() {
    let database = Database::make().await;
    let (one, other) = (Place::bare(), Place::bare());
    let url = database.url();
    let asked = |place: &Place| rights(place.data().to_str().unwrap(), &["--store", &url]).join("\n");
    let asked = [&one, &other].map(asked);
    let [first, second] = asked.each_ref().map(|asked| asked.split('\n').collect::<Vec<_>>());
    assert_eq!(limpid(&first).code, 0);
    assert_fails(&second, &["the database belongs to another data folder: its data are under other keys"]);
    assert_eq!(limpid(&first).code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_is_reached_by_tls_only_if_its_certificate_is_trusted_for_its_name() {
    let database = Database::make().await;
    let url = database.url();
    let (_, server) = url.split_once('@').unwrap();
    let (folder, rest) = server.split_once(':').unwrap();
    let certificate = format!("{}/server.crt", folder.replace("%2F", "/"));
    let place = Place::bare();
    let rights = |host: &str, trusted: &str| {
        Command::new(env!("CARGO_BIN_EXE_limpid"))
            .args(["rights", "--data", place.data().to_str().unwrap()])
            .env("LIMPID_STORE", format!("postgres://limpid@{host}:{rest}?sslmode=require"))
            .env("SSL_CERT_FILE", trusted)
            .env_remove("SSL_CERT_DIR")
            .output()
            .unwrap()
    };
    for host in ["127.0.0.1", "localhost"] {
        let ended = rights(host, &certificate);
        assert!(ended.status.success(), "{host}: {}", String::from_utf8_lossy(&ended.stderr));
    }
    let other = place.path().join("other.crt");
    // Another name of the same machine; and a certificate that is not the server's.
    std::fs::write(&other, include_str!("../data/another.crt")).unwrap();
    for (host, trusted) in [("127.0.0.2", certificate.as_str()), ("127.0.0.1", other.to_str().unwrap())] {
        let ended = rights(host, trusted);
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        let refused = said.contains("the database cannot be reached: ") && said.contains("certificate");
        assert!(!ended.status.success() && refused, "{host}: {said}");
    }
}

#[test]
fn a_password_is_in_no_message() {
    let place = Place::bare();
    let data = place.data();
    let data = data.to_str().unwrap();
    let file = place.path().join("store.txt");
    for (url, says) in [
        ("postgres://limpid:word-of-pass@%2Fnowhere/limpid", "the database cannot be reached: "),
        ("postgres://limpid:word-of-pass@127.0.0.1:1/limpid", "the database cannot be reached: "),
        ("postgres://limpid:word-of-pass@host:port/limpid", "the address of the store must read postgres://"),
        ("postgres://limpid@host/limpid?word-of-pass=1", "the address of the store must read postgres://"),
        ("mysql://limpid:word-of-pass@host/limpid", "the address of the store must begin with postgres://"),
    ] {
        std::fs::write(&file, url).unwrap();
        for named in [["--store", url], ["--store-file", file.to_str().unwrap()]] {
            let line = assert_fails(&rights(data, &named), &[says]);
            assert!(!line.contains("word-of-pass"), "{line}");
        }
    }
    let missing = assert_fails(&rights(data, &["--store-file", "/nowhere"]), &["--store-file /nowhere: "]);
    assert!(!missing.contains("word-of-pass"));
}
