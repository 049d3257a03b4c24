//! How a bidirectional session is led (OCPP 2.1, OperationModeEnumType; block Q).

use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum OperationMode {
    /// It neither charges nor gives back, by order.
    Idle,
    ChargingOnly,
    /// By setpoints of the charging profile.
    CentralSetpoint,
    /// By somebody at the place.
    ExternalSetpoint,
    /// Within limits of somebody at the place.
    ExternalLimits,
    /// By the grid's frequency, as it is told.
    CentralFrequency,
    /// By the grid's frequency, as the station measures it.
    LocalFrequency,
    /// So that little flows through the grid's connection.
    LocalLoadBalancing,
}

impl OperationMode {
    pub const ALL: [Self; 8] = [
        Self::Idle,
        Self::ChargingOnly,
        Self::CentralSetpoint,
        Self::ExternalSetpoint,
        Self::ExternalLimits,
        Self::CentralFrequency,
        Self::LocalFrequency,
        Self::LocalLoadBalancing,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "Idle",
            Self::ChargingOnly => "ChargingOnly",
            Self::CentralSetpoint => "CentralSetpoint",
            Self::ExternalSetpoint => "ExternalSetpoint",
            Self::ExternalLimits => "ExternalLimits",
            Self::CentralFrequency => "CentralFrequency",
            Self::LocalFrequency => "LocalFrequency",
            Self::LocalLoadBalancing => "LocalLoadBalancing",
        }
    }
}
