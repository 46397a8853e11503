//! The codelists of the IATI standard (2.03) from which an organisation says how it gives and receives.

use kernel::closed_set;

closed_set! {
    /// Codelist FlowType.
    pub enum FlowType {
        /// Official development assistance.
        Oda = "10",
        /// Other official flows.
        OtherOfficial = "20",
        /// Other official flows that are not export credits.
        NotExportCredit = "21",
        /// Officially supported export credits.
        ExportCredit = "22",
        /// Private development finance.
        PrivateDevelopment = "30",
        /// Private market.
        PrivateMarket = "35",
        /// Private foreign direct investment.
        PrivateInvestment = "36",
        /// Other private flows at market terms.
        PrivateAtMarketTerms = "37",
        /// Not a flow.
        NotAFlow = "40",
        /// Other flows.
        Other = "50",
    }
}

closed_set! {
    /// Codelist FinanceType, of which these come in as contributions.
    pub enum FinanceType {
        /// Standard grant.
        Grant = "110",
        /// Interest subsidy.
        InterestSubsidy = "210",
        /// Capital subscription on deposit basis.
        CapitalOnDeposit = "310",
        /// Capital subscription on encashment basis.
        CapitalOnEncashment = "311",
        /// Standard loan.
        Loan = "421",
        /// Reimbursable grant.
        ReimbursableGrant = "422",
    }
}

closed_set! {
    /// Codelist AidType: groups A to C, to which contributions to an organisation belong.
    pub enum AidType {
        /// General budget support.
        GeneralBudget = "A01",
        /// Sector budget support.
        SectorBudget = "A02",
        /// Core support to NGOs, other private bodies, public-private partnerships and research institutes.
        CoreToNgos = "B01",
        /// Core contributions to multilateral institutions.
        CoreToMultilaterals = "B02",
        /// Core contributions to multilateral institutions and global funds.
        CoreToMultilateralsAndFunds = "B021",
        /// Core contributions to global funds.
        CoreToFunds = "B022",
        /// Contributions to specific-purpose programmes and funds.
        SpecificPurpose = "B03",
        /// Contributions to multi-donor and multi-entity funding mechanisms.
        MultiDonorMultiEntity = "B031",
        /// Contributions to multi-donor and single-entity funding mechanisms.
        MultiDonorSingleEntity = "B032",
        /// Contributions to single-donor funding mechanisms.
        SingleDonor = "B033",
        /// Basket funds and pooled funding.
        BasketFunds = "B04",
        /// Project-type interventions.
        Project = "C01",
    }
}

closed_set! {
    /// Codelist TiedStatus.
    pub enum TiedStatus {
        PartiallyTied = "3",
        Tied = "4",
        Untied = "5",
    }
}
