"""How Gatepost's two models are made: pictures in, int8 TFLite files with manifests out."""
