//! One address for all gateways: each connection is forwarded to a running gateway.

use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Proxy {
    port: u16,
    gateways: Arc<Mutex<Vec<u16>>>,
}

impl Proxy {
    pub(crate) async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let gateways: Arc<Mutex<Vec<u16>>> = Arc::default();
        let targets = Arc::clone(&gateways);
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut ports = targets.lock().unwrap().clone();
                fastrand::shuffle(&mut ports);
                tokio::spawn(async move {
                    for port in ports {
                        if let Ok(mut gateway) = TcpStream::connect(("127.0.0.1", port)).await {
                            // Fails if the gateway is killed.
                            let _ = tokio::io::copy_bidirectional(&mut client, &mut gateway).await;
                            return;
                        }
                    }
                });
            }
        });
        Self { port, gateways }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub(crate) fn forward_to(&self, ports: Vec<u16>) {
        *self.gateways.lock().unwrap() = ports;
    }
}
