//! One address for all gateways: a connection goes to one that lives.

use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Entry {
    port: u16,
    gateways: Arc<Mutex<Vec<u16>>>,
}

impl Entry {
    pub(crate) async fn bind() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let gateways: Arc<Mutex<Vec<u16>>> = Arc::default();
        let known = Arc::clone(&gateways);
        tokio::spawn(async move {
            loop {
                let (mut client, _) = listener.accept().await.unwrap();
                let mut ports = known.lock().unwrap().clone();
                fastrand::shuffle(&mut ports);
                tokio::spawn(async move {
                    for port in ports {
                        if let Ok(mut gateway) = TcpStream::connect(("127.0.0.1", port)).await {
                            // Whoever is killed breaks it.
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

    pub(crate) fn to(&self, ports: Vec<u16>) {
        *self.gateways.lock().unwrap() = ports;
    }
}
