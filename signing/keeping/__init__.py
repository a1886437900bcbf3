"""How private keys lie in the database: under the deployment's key, and under PINs."""
