//! Calls to a running service, as the canonical JSON of its messages.

use std::io::Read;

use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, SerializeOptions};
use tonic::transport::Channel;

use super::CommandError;
use crate::rpc::pb;

/// Where the service is.
#[derive(clap::Args)]
pub(super) struct Server {
    /// Address of the running service.
    #[arg(long, global = true, value_name = "HOST:PORT", default_value = "127.0.0.1:50051")]
    server: String,
}

impl Server {
    /// Connects.
    pub(super) async fn connect(&self) -> Result<Channel, CommandError> {
        let endpoint = Channel::from_shared(format!("http://{}", self.server))
            .map_err(|_| CommandError::new("--server: must be HOST:PORT"))?;
        endpoint.connect().await.map_err(|_| {
            CommandError::new(format!(
                "--server: nothing answers at {}; start it with `limpid serve`",
                self.server
            ))
        })
    }
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
