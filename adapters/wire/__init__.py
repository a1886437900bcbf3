"""How every outside system is spoken to: JSON over HTTPS, short waits, nothing believed unread."""
