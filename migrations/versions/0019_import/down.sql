DROP TABLE utility.import_progress;
