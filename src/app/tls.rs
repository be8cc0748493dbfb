//! TLS 1.2 and 1.3 by rustls with ring: HTTP/2 and HTTP/1.1, and client certificates where they are asked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};
use zeroize::Zeroizing;

/// The files of a listener, all of them PEM.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// Its certificate, followed by those between it and the root.
    pub certificate: PathBuf,
    /// The secret key of its certificate.
    pub key: PathBuf,
    /// The certificates whose holders sign those of callers; None: callers need none.
    pub client_ca: Option<PathBuf>,
}

/// What is wrong with the files. The key is never quoted.
#[derive(Debug, thiserror::Error)]
#[error("{}: {rule}", path.display())]
pub struct TlsError {
    path: PathBuf,
    rule: String,
}

/// How a listener is secured, as its files say now.
#[derive(Debug)]
pub struct Tls {
    files: TlsFiles,
    /// The hash of the files with what they came to.
    current: RwLock<([u8; 32], Arc<ServerConfig>)>,
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    /// When one cannot be read, is not of the form, or the key is not that of the certificate.
    pub fn of(files: TlsFiles) -> Result<Self, TlsError> {
        let current = RwLock::new((files.hash()?, files.read()?));
        Ok(Self { files, current })
    }

    /// What the next connection is secured with.
    pub(super) fn config(&self) -> Arc<ServerConfig> {
        self.current.read().unwrap_or_else(PoisonError::into_inner).1.clone()
    }

    /// Reads the files again when they changed. Files that are not good leave all as it is: a certificate is replaced in
    /// two steps, and the old one is good until it expires.
    pub(super) fn reread(&self) -> Result<(), TlsError> {
        let hash = self.files.hash()?;
        if self.current.read().unwrap_or_else(PoisonError::into_inner).0 != hash {
            let config = self.files.read()?;
            *self.current.write().unwrap_or_else(PoisonError::into_inner) = (hash, config);
        }
        Ok(())
    }
}

impl TlsFiles {
    /// The hash of all that they hold.
    fn hash(&self) -> Result<[u8; 32], TlsError> {
        let mut hasher = blake3::Hasher::new();
        for path in [Some(&self.certificate), Some(&self.key), self.client_ca.as_ref()].into_iter().flatten()
        {
            let bytes = Zeroizing::new(fs::read(path).map_err(|error| wrong(path, &error.to_string()))?);
            hasher.update(&(bytes.len() as u64).to_le_bytes()).update(&bytes);
        }
        Ok(*hasher.finalize().as_bytes())
    }

    fn read(&self) -> Result<Arc<ServerConfig>, TlsError> {
        let chain = certificates(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&self.key)
            .map_err(|_| wrong(&self.key, "must hold one secret key as PEM"))?;
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider.clone());
        let builder = builder
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| wrong(&self.certificate, &error.to_string()))?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let mut roots = RootCertStore::empty();
                for certificate in certificates(path)? {
                    roots.add(certificate).map_err(|error| wrong(path, &error.to_string()))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| wrong(path, &error.to_string()))?)
            }
        };
        let mut config = builder
            .with_single_cert(chain, key)
            .map_err(|_| wrong(&self.key, &format!("must be the key of {}", self.certificate.display())))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

/// The SHA-256 of a certificate, as tokens are bound to it.
pub(super) fn fingerprint(certificate: &CertificateDer<'_>) -> [u8; 32] {
    let mut bytes = [0; 32];
    bytes.copy_from_slice(::ring::digest::digest(&::ring::digest::SHA256, certificate).as_ref());
    bytes
}

/// The fingerprint of the first certificate of a file.
///
/// # Errors
/// When it holds none.
pub fn fingerprint_of(path: &Path) -> Result<[u8; 32], TlsError> {
    certificates(path)?.first().map(fingerprint).ok_or_else(|| none(path))
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let read = read.map_err(|error| wrong(path, &error.to_string()))?;
    if read.is_empty() { Err(none(path)) } else { Ok(read) }
}

fn none(path: &Path) -> TlsError {
    wrong(path, "must hold certificates as PEM")
}

fn wrong(path: &Path, rule: &str) -> TlsError {
    TlsError { path: path.to_owned(), rule: rule.to_owned() }
}
