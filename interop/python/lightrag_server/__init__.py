"""Gives LightRAG's storage classes to another process, over JSON lines."""
