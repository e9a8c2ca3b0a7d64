"""What tests of the web application share by name."""

PASSWORD = "a long enough one 1"
