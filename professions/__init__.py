"""What a folder of `bpmn/` may say: manifests, forms, messages, and the check before deployment."""
