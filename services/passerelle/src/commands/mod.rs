//! The subcommands, one file each.

pub mod administrator;
pub mod allocations;
pub mod allocations_what_if;
pub mod audit;
pub mod demo;
pub mod events;
pub mod health;
pub mod import;
pub mod init;
pub mod migrate;
pub mod openapi;
pub mod serve;
pub mod services;
pub mod up;

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
