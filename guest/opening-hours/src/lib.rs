//! Whether a contact center is open.
#![no_std]
