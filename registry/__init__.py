"""What is true: persons, enterprises, applications, documents, certificates, audit."""
