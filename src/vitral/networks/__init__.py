"""Builders: nouns that return built, uncompiled keras models. Nothing here trains."""

from vitral.networks.multilayer import mlp

__all__ = ["mlp"]
