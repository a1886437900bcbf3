"""The second factor of officers: an authenticator's code, a passkey, or a code on paper.

Whoever may accept, decide, operate or change types proves himself twice: by the portal, and by
something that only he holds (NIST SP 800-63B-4 AAL2; GB/T 22239-2019 8.1.4.1 d).
"""
