"""What a folder of `bpmn/` may say: manifests, forms, messages; `checks` tells what is wrong."""
