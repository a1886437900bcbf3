"""What is true: persons, enterprises, qualifications, applications, documents, certificates, audit."""
