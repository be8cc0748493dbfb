//! Calls to a running service, as the canonical JSON of its messages.

use std::io::Read;
use std::path::{Path, PathBuf};

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use secrecy::{ExposeSecret, SecretString};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};
use zeroize::Zeroizing;

use super::CommandError;
use crate::rpc::pb;

/// Where a caller token is found when no file is named.
const TOKEN_VARIABLE: &str = "LIMPID_TOKEN";

/// Where the service is, and who calls.
#[derive(clap::Args)]
pub(super) struct Server {
    /// Address of the running service.
    #[arg(long = "server", global = true, value_name = "HOST:PORT", default_value = "127.0.0.1:50051")]
    address: String,
    /// The certificates whose holders sign the service's (PEM); without them it is called without TLS.
    #[arg(id = "server_ca", long = "server-ca", global = true, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The certificate of the caller (PEM).
    #[arg(long, global = true, value_name = "FILE", requires = "client_key")]
    client_cert: Option<PathBuf>,
    /// The file of its secret key (PEM).
    #[arg(long, global = true, value_name = "FILE", requires = "client_cert")]
    client_key: Option<PathBuf>,
    /// The file of the caller token (`limpid caller-token`); else the environment's `LIMPID_TOKEN`, if it is set.
    #[arg(long, global = true, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// What a decision is opened for, as the audit trail keeps it.
    #[arg(long, global = true, value_name = "TEXT")]
    purpose: Option<String>,
}

/// A connection that shows who calls.
pub(super) type Connection = InterceptedService<Channel, Credentials>;

/// What each call carries. It shows nothing of itself.
pub(super) struct Credentials {
    authorization: Option<MetadataValue<Ascii>>,
    purpose: Option<MetadataValue<Ascii>>,
}

impl Interceptor for Credentials {
    fn call(&mut self, mut request: tonic::Request<()>) -> Result<tonic::Request<()>, tonic::Status> {
        for (name, value) in [("authorization", &self.authorization), ("limpid-purpose", &self.purpose)] {
            if let Some(value) = value {
                request.metadata_mut().insert(name, value.clone());
            }
        }
        Ok(request)
    }
}

impl Server {
    /// Connects.
    pub(super) async fn connect(&self) -> Result<Connection, CommandError> {
        let scheme = if self.ca.is_some() { "https" } else { "http" };
        let mut endpoint = Channel::from_shared(format!("{scheme}://{}", self.address))
            .map_err(|_| CommandError::new("--server: must be HOST:PORT"))?;
        if let Some(ca) = &self.ca {
            let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read("--server-ca", ca)?));
            let tls = match self.client_cert.as_deref().zip(self.client_key.as_deref()) {
                None => tls,
                Some((certificate, key)) => tls.identity(Identity::from_pem(
                    read("--client-cert", certificate)?,
                    read("--client-key", key)?,
                )),
            };
            endpoint = endpoint
                .tls_config(tls)
                .map_err(|_| CommandError::new("--server-ca, --client-cert, --client-key: must be PEM"))?;
        }
        let credentials = self.credentials()?;
        let channel = endpoint.connect().await.map_err(|_| {
            CommandError::new(format!(
                "--server: nothing answers at {}; start it with `limpid serve`",
                self.address
            ))
        })?;
        Ok(InterceptedService::new(channel, credentials))
    }

    fn credentials(&self) -> Result<Credentials, CommandError> {
        let token = secret("--token-file", self.token_file.as_deref(), TOKEN_VARIABLE)?;
        let authorization = token.map(|token| {
            let text = Zeroizing::new(format!("Bearer {}", token.expose_secret()));
            let value = MetadataValue::try_from(text.as_str());
            let mut value = value.map_err(|_| CommandError::new("--token-file: must hold a token"))?;
            value.set_sensitive(true);
            Ok(value)
        });
        let purpose = self.purpose.as_deref().map(|text| {
            MetadataValue::try_from(text).map_err(|_| CommandError::new("--purpose: must be ASCII text"))
        });
        Ok(Credentials { authorization: authorization.transpose()?, purpose: purpose.transpose()? })
    }
}

/// A secret of a file, or of the environment: on a command line others could read it.
pub(super) fn secret(
    option: &str,
    file: Option<&Path>,
    variable: &str,
) -> Result<Option<SecretString>, CommandError> {
    let text = match file {
        Some(path) => Some(Zeroizing::new(read(option, path)?)),
        None => std::env::var(variable).ok().map(Zeroizing::new),
    };
    Ok(text.map(|text| SecretString::from(text.trim())))
}

fn read(option: &str, path: &Path) -> Result<String, CommandError> {
    std::fs::read_to_string(path)
        .map_err(|error| CommandError::new(format!("{option} {}: {error}", path.display())))
}

/// What the service refused, in one line.
pub(super) fn refusal(status: &tonic::Status) -> CommandError {
    CommandError::new(format!("{:?}: {}", status.code(), status.message()))
}

/// Reads a message as JSON from a file, or from standard input for `-`.
pub(super) fn read_json<M: Message + Default>(path: &str, name: &str) -> Result<M, CommandError> {
    let mut text = String::new();
    if path == "-" {
        std::io::stdin()
            .read_to_string(&mut text)
            .map_err(|e| CommandError::new(format!("standard input: {e}")))?;
    } else {
        text = std::fs::read_to_string(path).map_err(|e| CommandError::new(format!("{path}: {e}")))?;
    }
    let place = if path == "-" { "standard input" } else { path };
    let mut json = serde_json::Deserializer::from_str(&text);
    let message = DynamicMessage::deserialize(descriptor(name)?, &mut json);
    let message = message.and_then(|message| json.end().map(|()| message));
    let message = message.map_err(|e| CommandError::new(format!("{place}: {e}")))?;
    message.transcode_to().map_err(CommandError::new)
}

/// Prints a message as JSON.
pub(super) fn print_json<M: Message>(message: &M, name: &str) -> Result<(), CommandError> {
    let mut dynamic = DynamicMessage::new(descriptor(name)?);
    dynamic.transcode_from(message).map_err(CommandError::new)?;
    let mut bytes = Vec::new();
    let mut json = serde_json::Serializer::pretty(&mut bytes);
    dynamic.serialize_with_options(&mut json, &SerializeOptions::new()).map_err(CommandError::new)?;
    tell!("{}", String::from_utf8_lossy(&bytes));
    Ok(())
}

fn descriptor(name: &str) -> Result<prost_reflect::MessageDescriptor, CommandError> {
    let pool = DescriptorPool::decode(pb::DESCRIPTORS).map_err(CommandError::new)?;
    let message = pool.get_message_by_name(&format!("limpid.v1.{name}"));
    message.ok_or_else(|| CommandError::new(format!("limpid.v1.{name}: no such message")))
}
