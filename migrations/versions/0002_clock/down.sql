DROP TABLE utility.duty;
DROP TABLE utility.leader;
