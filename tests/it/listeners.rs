//! Addresses that others reach: TLS and client certificates, good, expired, of another authority, or none; connections that
//! say nothing; and what is refused before it listens.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use limpid::admission::{CallerClaims, Role};
use limpid::app::fingerprint_of;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    date_time_ymd,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion, version};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};
use tonic::{Code, Status};

use super::admitting::{bearer, call_with, claims, empty, entry, signer};
use super::binary::{Serving, assert_fails, folders, limpid, train};
use super::place::Place;

const LIST_MODELS: &str = "limpid.v1.ModelService/ListModels";

/// Two authorities with what they signed, as files.
struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
        for authority in ["ours", "theirs"] {
            let key = KeyPair::generate().unwrap();
            let mut params = CertificateParams::new(Vec::new()).unwrap();
            params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            params.distinguished_name.push(DnType::CommonName, authority);
            write(&format!("{authority}.pem"), params.self_signed(&key).unwrap().pem());
            let issuer = Issuer::new(params, key);
            let sign = |name: &str, usage, until: Option<i32>| {
                let key = KeyPair::generate().unwrap();
                let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
                params.extended_key_usages = vec![usage];
                if let Some(year) = until {
                    params.not_after = date_time_ymd(year, 1, 1);
                }
                write(&format!("{authority}-{name}.pem"), params.signed_by(&key, &issuer).unwrap().pem());
                write(&format!("{authority}-{name}.key"), key.serialize_pem());
            };
            sign("server", ExtendedKeyUsagePurpose::ServerAuth, None);
            sign("caller", ExtendedKeyUsagePurpose::ClientAuth, None);
            sign("sister", ExtendedKeyUsagePurpose::ClientAuth, None);
            sign("expired", ExtendedKeyUsagePurpose::ClientAuth, Some(2001));
        }
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    fn pem(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// A connection to the service as the holder of this certificate, or of none.
    async fn connect(
        &self,
        address: SocketAddr,
        holder: Option<&str>,
    ) -> Result<Channel, tonic::transport::Error> {
        let mut tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(self.pem("ours.pem")));
        if let Some(name) = holder {
            let (certificate, key) = (self.pem(&format!("{name}.pem")), self.pem(&format!("{name}.key")));
            tls = tls.identity(Identity::from_pem(certificate, key));
        }
        Channel::from_shared(format!("https://{address}")).unwrap().tls_config(tls)?.connect().await
    }

    /// The answer to a request of HTTP/1.1 over TLS of this version.
    async fn get(
        &self,
        address: SocketAddr,
        path: &str,
        tls: &'static SupportedProtocolVersion,
    ) -> std::io::Result<String> {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(self.path("ours.pem")).unwrap()).unwrap();
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let mut config = config
            .with_protocol_versions(&[tls])
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from("127.0.0.1").unwrap();
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await?;
        let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok(String::from_utf8(answer).unwrap())
    }
}

/// The real binary with TLS on both ports, which only callers with a certificate of ours and a token reach.
struct Secured {
    certificates: Certificates,
    signer: limpid::admission::CallerSigner,
    serving: Serving,
    public: SocketAddr,
    place: Place,
}

impl Secured {
    fn start(limits: &str) -> Self {
        let (certificates, place, signer) = (Certificates::new(), Place::new(), signer());
        train(&place, &["--promote"]);
        let write = |name: &str, text: &str| {
            let path = place.path().join(name);
            fs::write(&path, text).unwrap();
            path.to_str().unwrap().to_owned()
        };
        let (keys, limits) = (write("callers.toml", &entry(&signer)), write("limits.toml", limits));
        let (cert, key) = (certificates.text("ours-server.pem"), certificates.text("ours-server.key"));
        let ca = certificates.text("ours.pem");
        let mut serving = Serving::start(
            &place,
            &[
                "--public-listen",
                "127.0.0.1:0",
                "--tls-cert",
                &cert,
                "--tls-key",
                &key,
                "--client-ca",
                &ca,
                "--caller-keys",
                &keys,
                "--limits",
                &limits,
            ],
        );
        let line = serving.line();
        let public = line.split("https://").nth(1).and_then(|rest| rest.split(' ').next());
        let public = public.unwrap_or_else(|| panic!("{line}")).parse().unwrap();
        Self { certificates, signer, serving, public, place }
    }

    async fn list(&self, holder: Option<&str>, token: &str) -> Result<(), Status> {
        let channel = self.certificates.connect(self.serving.address, holder).await;
        let channel = channel.map_err(|error| Status::unavailable(error.to_string()))?;
        call_with(&channel, LIST_MODELS, &empty(LIST_MODELS), &[("authorization", &bearer(token))]).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_need_a_certificate_of_ours_and_a_token() {
    let secured = Secured::start("");
    let claims = claims(&secured.signer, &[Role::Analyst]);
    let token = secured.signer.sign("limpid", &claims);
    secured.list(Some("ours-caller"), &token).await.unwrap();
    for (holder, what) in [
        (None, "without a certificate"),
        (Some("theirs-caller"), "of another authority"),
        (Some("ours-expired"), "expired"),
        (Some("ours-server"), "for servers"),
    ] {
        let refused = secured.list(holder, &token).await.expect_err(what);
        assert!(
            [Code::Unavailable, Code::Unknown, Code::Cancelled].contains(&refused.code()),
            "{what}: {refused:?}"
        );
    }
    let refused = secured.list(Some("ours-caller"), "").await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);

    // A token that was copied is of no use without the certificate that it is bound to.
    let certificate = fingerprint_of(&secured.certificates.path("ours-caller.pem")).unwrap();
    let bound = CallerClaims { certificate: Some(certificate), ..claims };
    let bound = secured.signer.sign("limpid", &bound);
    secured.list(Some("ours-caller"), &bound).await.unwrap();
    let refused = secured.list(Some("ours-sister"), &bound).await.unwrap_err();
    assert!(refused.message().contains("is bound to another client certificate"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_are_secure_and_tell_browsers_to_ask_for_nothing_else() {
    let secured = Secured::start("");
    for tls in [&version::TLS12, &version::TLS13] {
        let page = secured.certificates.get(secured.public, "/how-it-works", tls).await.unwrap();
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        assert!(page.contains("strict-transport-security: max-age=31536000\r\n"), "{page}");
        assert!(page.contains("content-security-policy: default-src 'none'"), "{page}");
        assert!(!page.to_lowercase().contains("set-cookie"), "{page}");
    }
    let inside = secured.certificates.get(secured.serving.address, "/metrics", &version::TLS13).await;
    assert!(inside.is_err() || inside.is_ok_and(|answer| answer.is_empty()), "metrics need a certificate");
    // Without TLS nothing is answered.
    let mut plain = TcpStream::connect(secured.public).await.unwrap();
    plain.write_all(b"GET /how-it-works HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!String::from_utf8_lossy(&answer).contains("HTTP/"), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_are_replaced_while_the_service_runs() {
    let secured = Secured::start("");
    let ask = async || secured.certificates.get(secured.public, "/healthz", &version::TLS13).await;
    ask().await.unwrap();
    let copy = |from: &str, to: &str| {
        fs::copy(secured.certificates.path(from), secured.certificates.path(to)).unwrap()
    };
    let kept = [("ours-server.pem", "kept.pem"), ("ours-server.key", "kept.key")];
    for (from, to) in kept {
        copy(from, to);
    }
    // Half of the new pair leaves all as it is.
    copy("theirs-server.pem", "ours-server.pem");
    while !secured.serving.logged().contains("the certificates stay as they were") {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    ask().await.unwrap();
    copy("theirs-server.key", "ours-server.key");
    while ask().await.is_ok() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    for (from, to) in kept {
        copy(to, from);
    }
    while ask().await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_that_say_nothing_are_closed_and_leave_their_places() {
    let limits = "[connections]\nat_once = 2\nhandshake_seconds = 1\nidle_seconds = 2\n";
    let secured = Secured::start(limits);
    let mut silent = Vec::new();
    for _ in 0..2 {
        silent.push(TcpStream::connect(secured.public).await.unwrap());
    }
    // All places are taken until the silent ones are closed.
    let mut buffer = [0; 1];
    for stream in &mut silent {
        assert!(matches!(stream.read(&mut buffer).await, Ok(0) | Err(_)), "closed by the service");
    }
    let page = secured.certificates.get(secured.public, "/healthz", &version::TLS13).await.unwrap();
    assert!(page.ends_with("ok\n"), "{page}");
    // One that was made secure and then says nothing is closed, too.
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(secured.certificates.path("ours.pem")).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let config = config
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(secured.public).await.unwrap();
    let name = ServerName::try_from("127.0.0.1").unwrap();
    let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
    stream.write_all(b"GET /healthz HTTP/1.1\r\n").await.unwrap();
    let closed = tokio::time::timeout(Duration::from_secs(60), stream.read_to_end(&mut Vec::new())).await;
    assert!(closed.is_ok(), "a request that never ends is given up");
}

#[test]
fn an_address_that_others_reach_is_refused_without_all_that_secures_it() {
    let (certificates, place) = (Certificates::new(), Place::new());
    let folders = folders(&place);
    let folders = folders.iter().map(String::as_str).collect::<Vec<_>>();
    let keys = place.path().join("callers.toml");
    fs::write(&keys, entry(&signer())).unwrap();
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let (cert, key, ca) = (
        certificates.text("ours-server.pem"),
        certificates.text("ours-server.key"),
        certificates.text("ours.pem"),
    );
    let keys = text(&keys);
    let tls = ["--tls-cert", &cert, "--tls-key", &key];
    let refused = |further: &[&str], says: &[&str]| {
        assert_fails(&[&["serve"], &folders[..], further].concat(), says);
    };
    let listen = ["--listen", "0.0.0.0:0"];
    refused(
        &listen,
        &["--listen 0.0.0.0:0: others reach this address, so it needs --tls-cert and --tls-key"],
    );
    refused(&[&listen[..], &tls].concat(), &["so it needs --client-ca"]);
    refused(&[&listen[..], &tls, &["--client-ca", &ca]].concat(), &["so it needs --caller-keys"]);
    refused(&["--listen", "[::]:0", "--caller-keys", &keys], &["so it needs --tls-cert"]);
    let public = ["--listen", "127.0.0.1:0", "--public-listen", "0.0.0.0:0"];
    refused(&public, &["--public-listen 0.0.0.0:0: others reach", "--public-tls-cert"]);
    refused(&[&public[..], &tls].concat(), &["--public-listen", "so it needs --caller-keys"]);
    // Files that do not fit are told before anything else is done.
    let other = certificates.text("theirs-server.key");
    let local = ["--listen", "127.0.0.1:0"];
    refused(&[&local[..], &["--tls-cert", &cert, "--tls-key", &other]].concat(), &["must be the key of"]);
    refused(
        &[&local[..], &["--tls-cert", &cert, "--tls-key", &cert]].concat(),
        &["must hold one secret key"],
    );
    refused(&[&local[..], &["--tls-cert", &keys, "--tls-key", &key]].concat(), &["must hold certificates"]);
    refused(&[&local[..], &["--caller-keys", &cert]].concat(), &["--caller-keys", "must be [[key]]"]);
    let wrong = place.path().join("limits.toml");
    fs::write(&wrong, "[admin]\ncalls_burst = 0").unwrap();
    refused(&[&local[..], &["--limits", &text(&wrong)]].concat(), &["admin.calls_burst: must be 1 to"]);
    // Where it can be asked over TLS the command line asks so.
    let lonely = limpid(&["models", "list", "--server", "127.0.0.1:1", "--server-ca", &ca]);
    assert!(lonely.err.contains("nothing answers"), "{lonely:?}");
    let _ = PrivateKeyDer::from_pem_file(certificates.path("ours-server.key")).unwrap();
}

#[test]
fn the_command_line_shows_its_certificate_and_its_token_and_the_trail_tells() {
    let secured = Secured::start("");
    let address = secured.serving.address.to_string();
    let file = |name: &str| secured.certificates.text(name);
    let token = secured.signer.sign("limpid", &claims(&secured.signer, &[Role::Admin]));
    fs::write(secured.certificates.path("token"), format!("{token}\n")).unwrap();
    let (ca, cert, key, token) =
        (file("ours.pem"), file("ours-caller.pem"), file("ours-caller.key"), file("token"));
    let caller = ["--server", &address, "--server-ca", &ca, "--client-cert", &cert, "--client-key", &key];
    let listed = limpid(
        &[&["models", "list"], &caller[..], &["--token-file", &token, "--purpose", "a look"]].concat(),
    );
    assert_eq!(listed.code, 0, "{listed:?}");
    let refused = limpid(&[&["models", "list"], &caller[..]].concat());
    assert!(
        refused.err.contains("needs a caller token of the role analyst or auditor or admin"),
        "{refused:?}"
    );
    let data = secured.place.data().to_str().unwrap().to_owned();
    let trail = limpid(&["audit", "list", "--data", &data]);
    let lines = trail.out.lines().collect::<Vec<_>>();
    assert_eq!(lines.len(), 2, "{trail:?}");
    assert!(
        lines[0].contains(" admin demo token-1 limpid.v1.ModelService/ListModels asked a look"),
        "{trail:?}"
    );
    assert!(lines[1].contains(" OK of 1 a look"), "{trail:?}");
    let whole = limpid(&["audit", "verify", "--data", &data]);
    assert!(whole.out.starts_with("2 lines, whole; the last is "), "{whole:?}");
    let head = whole.out.trim_end().rsplit(' ').next().unwrap();
    assert_eq!(limpid(&["audit", "verify", "--data", &data, "--head", head]).code, 0);
    assert_fails(&["audit", "verify", "--data", &data, "--head", &"0f".repeat(32)], &["the end was cut off"]);
}
