"""Tools of the repository: set-up, front-end files, translations, screenshots."""
