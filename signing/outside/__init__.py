"""A certification authority outside: asked for certificates, judged, watched for revocations."""
